internal import COpenSSL

/// The algorithms of libcrypto 3, fetched once: a fetch searches the providers and costs more than the operation.
///
/// The pointers are safe to share: what they point to is never changed after the fetch and never freed.
enum Library {
    nonisolated(unsafe) static let sha256: OpaquePointer = required("SHA-256") {
        EVP_MD_fetch(nil, "SHA2-256", nil)
    }

    nonisolated(unsafe) static let aes256GCM: OpaquePointer = required("AES-256-GCM") {
        EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)
    }

    nonisolated(unsafe) static let hkdf: OpaquePointer = required("HKDF") {
        EVP_KDF_fetch(nil, "HKDF", nil)
    }

    /// An HMAC that knows its digest and waits for a key. It is only ever copied (`EVP_MAC_CTX_dup` reads it), because
    /// naming the digest makes libcrypto search for it again.
    nonisolated(unsafe) static let hmacSHA256: OpaquePointer = required("HMAC-SHA-256") {
        guard let mac = EVP_MAC_fetch(nil, "HMAC", nil) else { return nil }
        defer { EVP_MAC_free(mac) }
        guard let context = EVP_MAC_CTX_new(mac) else { return nil }
        return gatehouse_hmac_use_sha256(context) == 1 ? context : nil
    }

    private static func required(_ name: String, _ fetch: () -> OpaquePointer?) -> OpaquePointer {
        guard let algorithm = fetch() else { fatalError("libcrypto does not offer \(name).") }
        return algorithm
    }
}
