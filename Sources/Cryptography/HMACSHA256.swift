internal import COpenSSL

/// HMAC with SHA-256 (RFC 2104).
public enum HMACSHA256 {
    /// The code of a message under a key of any length.
    @inlinable
    public static func authenticate(_ message: some Collection<UInt8>, key: SecretBytes) -> Digest {
        message.withContiguousStorageIfAvailable { authenticate(UnsafeRawBufferPointer($0), key: key) }
            ?? [UInt8](message).withUnsafeBytes { authenticate($0, key: key) }
    }

    /// The code of a message in place.
    public static func authenticate(_ message: UnsafeRawBufferPointer, key: SecretBytes) -> Digest {
        guard let context = EVP_MAC_CTX_dup(Library.hmacSHA256) else {
            fatalError("libcrypto could not start HMAC-SHA-256.")
        }
        defer { EVP_MAC_CTX_free(context) }
        return Digest { output in
            let isKeyed = key.withUnsafeBytes { key in
                // Without an address the library would keep the key of the copied context, which has none.
                EVP_MAC_init(context, key.address, key.count, nil) == 1
            }
            let bytes = output.bindMemory(to: UInt8.self)
            guard isKeyed, EVP_MAC_update(context, message.address, message.count) == 1,
                EVP_MAC_final(context, bytes.baseAddress, nil, bytes.count) == 1
            else { fatalError("libcrypto could not compute HMAC-SHA-256.") }
        }
    }

    /// Whether this is the code of that message; takes the same time wherever the two differ.
    public static func isValid(_ code: Digest, for message: some Collection<UInt8>, key: SecretBytes) -> Bool {
        constantTimeEquals(code, authenticate(message, key: key))
    }

    /// Whether these bytes are the code of that message; false for every other length than 32.
    public static func isValid(_ code: [UInt8], for message: some Collection<UInt8>, key: SecretBytes) -> Bool {
        guard let code = Digest(bytes: code) else { return false }
        return isValid(code, for: message, key: key)
    }
}
