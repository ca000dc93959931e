internal import COpenSSL

/// The HMAC-based key derivation of RFC 5869, with SHA-256.
public enum HKDF {
    /// RFC 5869, section 2.3: the expansion counts its blocks in one byte.
    static let maximumCount = 255 * Digest.byteCount

    /// A key of `count` bytes (32 unless told, at most 8,160) for the purpose that `info` names, without a salt.
    ///
    /// Throws `malformed` when `count` is out of range.
    public static func derive(
        from secret: SecretBytes,
        info: String,
        count: Int = 32
    ) throws(CryptographyError) -> SecretBytes {
        try derive(from: secret, salt: [], info: Array(info.utf8), count: count)
    }

    static func derive(
        from secret: SecretBytes,
        salt: [UInt8],
        info: [UInt8],
        count: Int
    ) throws(CryptographyError) -> SecretBytes {
        guard (1...maximumCount).contains(count) else { throw CryptographyError(.malformed) }
        guard let context = EVP_KDF_CTX_new(Library.hkdf) else { throw .library() }
        defer { EVP_KDF_CTX_free(context) }
        return try SecretBytes(count: count) { output throws(CryptographyError) in
            let status = secret.withUnsafeBytes { secret in
                salt.withUnsafeBytes { salt in
                    info.withUnsafeBytes { info in
                        gatehouse_hkdf_sha256(
                            context,
                            secret.address,
                            secret.count,
                            salt.address,
                            salt.count,
                            info.address,
                            info.count,
                            output.baseAddress,
                            output.count
                        )
                    }
                }
            }
            guard status == 1 else { throw .library() }
        }
    }
}
