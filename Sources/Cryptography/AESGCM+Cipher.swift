internal import COpenSSL

extension AESGCM {
    /// The same as the public form, with a nonce for known-answer tests; nil is a fresh random one.
    static func seal(
        _ plaintext: UnsafeRawBufferPointer,
        key: SecretBytes,
        nonce: [UInt8]?,
        additionalData: [UInt8]
    ) throws(CryptographyError) -> [UInt8] {
        guard key.count == keyByteCount else { throw CryptographyError(.invalidKeyLength) }
        let count = plaintext.count + overhead
        guard count <= Int(Int32.max), additionalData.count <= Int(Int32.max) else {
            throw CryptographyError(.malformed)
        }
        var isSealed = false
        let sealed = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let output = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
            let nonceBytes = UnsafeMutableRawBufferPointer(rebasing: output[..<nonceByteCount])
            if let nonce { nonceBytes.copyBytes(from: nonce) } else { SecureRandom.fill(nonceBytes) }
            isSealed = encrypt(plaintext, key: key, additionalData: additionalData, into: output)
            initialized = isSealed ? count : 0
        }
        guard isSealed else { throw .library() }
        return sealed
    }

    /// `output` begins with the nonce and has room for ciphertext and tag.
    private static func encrypt(
        _ plaintext: UnsafeRawBufferPointer,
        key: SecretBytes,
        additionalData: [UInt8],
        into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard let context = EVP_CIPHER_CTX_new() else { return false }
        defer { EVP_CIPHER_CTX_free(context) }
        let bytes = output.bindMemory(to: UInt8.self)
        guard let start = bytes.baseAddress else { return false }
        var written: Int32 = 0
        let isStarted = key.withUnsafeBytes { key in
            EVP_EncryptInit_ex2(context, Library.aes256GCM, key.address, start, nil) == 1
        }
        let isBound = additionalData.withUnsafeBytes { data in
            data.isEmpty || EVP_EncryptUpdate(context, nil, &written, data.address, Int32(data.count)) == 1
        }
        let ciphertext = start + nonceByteCount
        let tag = start + bytes.count - tagByteCount
        let count = Int32(plaintext.count)
        return isStarted && isBound
            && (count == 0 || EVP_EncryptUpdate(context, ciphertext, &written, plaintext.address, count) == 1)
            && EVP_EncryptFinal_ex(context, tag, &written) == 1
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagByteCount), tag) == 1
    }

    /// Opens into `output`, which has exactly the plaintext's length and is wiped when the tag does not fit: nothing
    /// that is not authentic may be seen, not even by mistake.
    static func open(
        _ sealed: [UInt8],
        key: SecretBytes,
        additionalData: [UInt8],
        into output: UnsafeMutableRawBufferPointer
    ) throws(CryptographyError) {
        guard additionalData.count <= Int(Int32.max) else { throw CryptographyError(.malformed) }
        guard let context = EVP_CIPHER_CTX_new() else { throw .library() }
        defer { EVP_CIPHER_CTX_free(context) }
        var written: Int32 = 0
        let isPrepared = sealed.withUnsafeBytes { sealed in
            let isStarted = key.withUnsafeBytes { key in
                EVP_DecryptInit_ex2(context, Library.aes256GCM, key.address, sealed.address, nil) == 1
            }
            let isBound = additionalData.withUnsafeBytes { data in
                data.isEmpty || EVP_DecryptUpdate(context, nil, &written, data.address, Int32(data.count)) == 1
            }
            let bytes = output.bindMemory(to: UInt8.self)
            let ciphertext = sealed.address + nonceByteCount
            let count = Int32(output.count)
            // The library takes a mutable pointer for the tag, which it only reads here.
            let tag = UnsafeMutableRawPointer(mutating: sealed.address + sealed.count - tagByteCount)
            return isStarted && isBound
                && (count == 0 || EVP_DecryptUpdate(context, bytes.baseAddress, &written, ciphertext, count) == 1)
                && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagByteCount), tag) == 1
        }
        var rest: UInt8 = 0
        guard isPrepared, EVP_DecryptFinal_ex(context, &rest, &written) == 1 else {
            OPENSSL_cleanse(output.baseAddress, output.count)
            if !isPrepared { throw .library() }
            throw CryptographyError(.authenticationFailed)
        }
    }
}
