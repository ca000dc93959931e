internal import COpenSSL

extension PrivateKey {
    /// Longer than any key that is accepted, certificates beside it included, in bytes.
    static let pemByteLimit = 64 * 1024

    /// Reads a key in PEM (RFC 7468): PKCS#8 (`PRIVATE KEY`), or the older `RSA PRIVATE KEY` and `EC PRIVATE KEY`. What
    /// stands beside the key, such as its certificate, is skipped.
    ///
    /// Throws `encryptedKey` for a key under a pass phrase, `unsupportedKey` for another kind or size, `malformed` for
    /// everything else, a key whose private half does not belong to the public one included.
    public init(pem: SecretString) throws(CryptographyError) {
        guard pem.utf8Count <= Self.pemByteLimit else { throw CryptographyError(.malformed) }
        var isEncrypted = false
        let pointer = pem.withUnsafeBytes { bytes -> OpaquePointer? in
            guard let bio = BIO_new_mem_buf(bytes.address, Int32(bytes.count)) else { return nil }
            defer { BIO_free(bio) }
            // Without this function of ours the library would ask for the pass phrase at the terminal.
            return PEM_read_bio_PrivateKey(
                bio, nil,
                { _, _, _, context in
                    context?.assumingMemoryBound(to: Bool.self).pointee = true
                    return -1
                }, &isEncrypted)
        }
        ERR_clear_error()
        guard let handle = KeyHandle(taking: pointer) else {
            throw CryptographyError(isEncrypted ? .encryptedKey : .malformed)
        }
        try self.init(handle)
        // What was typed or damaged may be two halves of different keys, or a public one. libcrypto's own check looks
        // for prime numbers, which takes a hundred times as long as this and says no more about the signatures.
        let probe = [UInt8]("probe".utf8)
        let signature: [UInt8]
        do throws(CryptographyError) { signature = try sign(probe) } catch { throw CryptographyError(.malformed) }
        guard publicKey.isValid(signature: signature, for: probe) else { throw CryptographyError(.malformed) }
    }

    /// The key in PEM, PKCS#8 without a pass phrase. Throws `libraryFailure` when there is not enough memory.
    public func pem() throws(CryptographyError) -> SecretString {
        // This kind of memory is wiped when it is freed.
        guard let bio = BIO_new(BIO_s_secmem()) else { throw .library() }
        defer { BIO_free(bio) }
        guard PEM_write_bio_PKCS8PrivateKey(bio, handle.pointer, nil, nil, 0, nil, nil) == 1 else { throw .library() }
        var bytes: UnsafeMutablePointer<CChar>?
        let count = gatehouse_bio_bytes(bio, &bytes)
        guard let bytes, count > 0 else { throw .library() }
        let text = UnsafeRawBufferPointer(start: bytes, count: count)
        guard let pem = SecretString(utf8: SecretBytes(text)) else { throw .library() }
        return pem
    }
}
