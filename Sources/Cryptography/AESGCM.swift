internal import COpenSSL

/// AES-256 in Galois/Counter mode (NIST SP 800-38D) with a fresh random nonce.
///
/// Sealed bytes are nonce (12) || ciphertext || tag (16). With random nonces one key should seal at most 2^32 times
/// (SP 800-38D, section 8.3).
public enum AESGCM {
    /// Bytes of a key.
    public static let keyByteCount = 32
    /// Bytes that sealing adds: nonce and tag.
    public static let overhead = nonceByteCount + tagByteCount

    static let nonceByteCount = 12
    static let tagByteCount = 16

    /// Encrypts and authenticates; the additional data is authenticated only and must be the same at opening.
    ///
    /// Throws `invalidKeyLength` unless the key has 32 bytes, `malformed` for more than 2 GiB.
    public static func seal(
        _ plaintext: [UInt8],
        key: SecretBytes,
        additionalData: [UInt8]
    ) throws(CryptographyError) -> [UInt8] {
        try plaintext.withUnsafeBytes { plaintext in
            Result { () throws(CryptographyError) in
                try seal(plaintext, key: key, nonce: nil, additionalData: additionalData)
            }
        }.get()
    }

    /// Encrypts and authenticates a secret, without a copy of it in between.
    public static func seal(
        _ plaintext: SecretBytes,
        key: SecretBytes,
        additionalData: [UInt8]
    ) throws(CryptographyError) -> [UInt8] {
        try plaintext.withUnsafeBytes { plaintext throws(CryptographyError) in
            try seal(plaintext, key: key, nonce: nil, additionalData: additionalData)
        }
    }

    /// Encrypts and authenticates a secret text, without a copy of it in between.
    public static func seal(
        _ plaintext: SecretString,
        key: SecretBytes,
        additionalData: [UInt8]
    ) throws(CryptographyError) -> [UInt8] {
        try plaintext.withUnsafeBytes { plaintext throws(CryptographyError) in
            try seal(plaintext, key: key, nonce: nil, additionalData: additionalData)
        }
    }

    /// Opens sealed bytes.
    ///
    /// Throws `authenticationFailed` when a bit of them, the key or the additional data is another than at sealing,
    /// `malformed` when they are too short to be sealed bytes, `invalidKeyLength` unless the key has 32 bytes.
    public static func open(
        _ sealed: [UInt8],
        key: SecretBytes,
        additionalData: [UInt8]
    ) throws(CryptographyError) -> [UInt8] {
        let count = try plaintextCount(of: sealed, key: key)
        var failure: CryptographyError?
        let plaintext = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let output = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
            do throws(CryptographyError) {
                try open(sealed, key: key, additionalData: additionalData, into: output)
                initialized = count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return plaintext
    }

    /// Opens sealed bytes into memory that is wiped at its end; throws as `open` does.
    public static func openSecret(
        _ sealed: [UInt8],
        key: SecretBytes,
        additionalData: [UInt8]
    ) throws(CryptographyError) -> SecretBytes {
        let count = try plaintextCount(of: sealed, key: key)
        return try SecretBytes(count: count) { output throws(CryptographyError) in
            try open(sealed, key: key, additionalData: additionalData, into: output)
        }
    }

    private static func plaintextCount(of sealed: [UInt8], key: SecretBytes) throws(CryptographyError) -> Int {
        guard key.count == keyByteCount else { throw CryptographyError(.invalidKeyLength) }
        guard sealed.count >= overhead, sealed.count <= Int(Int32.max) else { throw CryptographyError(.malformed) }
        return sealed.count - overhead
    }
}
