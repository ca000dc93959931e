internal import COpenSSL

/// A key that signs: RSA of 2048 to 8192 bits, or EC on P-256. Silent when printed, wiped at the end.
public struct PrivateKey: Sendable {
    /// The kinds of key that are made here.
    public enum Kind: Sendable, Hashable, CaseIterable {
        /// RSA with 2048 bits. Making one takes some tenths of a second of a core.
        case rsa2048
        /// EC on P-256, made in less than a millisecond.
        case p256
    }

    /// The public half.
    public let publicKey: PublicKey
    let handle: KeyHandle

    /// A key that libcrypto holds, if it is one that signs here.
    init(_ handle: KeyHandle) throws(CryptographyError) {
        self.handle = handle
        publicKey = try PublicKey(try Self.numbers(of: handle))
    }

    /// A new key. Throws `libraryFailure` when libcrypto cannot make one.
    public static func generate(_ kind: Kind) throws(CryptographyError) -> PrivateKey {
        let pointer =
            switch kind {
            case .rsa2048: gatehouse_generate_rsa(2048)
            case .p256: gatehouse_generate_p256()
            }
        guard let handle = KeyHandle(taking: pointer) else { throw .library() }
        return try PrivateKey(handle)
    }

    /// The algorithm of its signatures.
    public var algorithm: SignatureAlgorithm { publicKey.algorithm }

    /// The signature of a message, as JOSE has it: for RSA as many bytes as the modulus, on P-256 64 bytes.
    ///
    /// Throws `libraryFailure` when libcrypto cannot sign.
    public func sign(_ message: [UInt8]) throws(CryptographyError) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw .library() }
        defer { EVP_MD_CTX_free(context) }
        var count = 0
        guard EVP_DigestSignInit_ex(context, nil, "SHA2-256", nil, nil, handle.pointer, nil) == 1 else {
            throw .library()
        }
        let signature = message.withUnsafeBytes { message -> [UInt8]? in
            // The first call tells how long a signature can become.
            guard EVP_DigestSign(context, nil, &count, message.address, message.count) == 1 else { return nil }
            var signature = [UInt8](repeating: 0, count: count)
            guard EVP_DigestSign(context, &signature, &count, message.address, message.count) == 1 else { return nil }
            return Array(signature.prefix(count))
        }
        guard let signature else { throw .library() }
        switch algorithm {
        case .rs256: return signature
        case .es256:
            guard let raw = ECDSASignature.raw(der: signature) else { throw .library() }
            return raw
        }
    }

    private static func numbers(of handle: KeyHandle) throws(CryptographyError) -> PublicKey.Numbers {
        // A key that is for RSASSA-PSS only is a kind of its own, "RSA-PSS".
        if EVP_PKEY_is_a(handle.pointer, "RSA") == 1 {
            guard let modulus = handle.number(OSSL_PKEY_PARAM_RSA_N),
                let exponent = handle.number(OSSL_PKEY_PARAM_RSA_E)
            else { throw .library() }
            return .rsa(modulus: modulus, exponent: exponent)
        }
        guard EVP_PKEY_is_a(handle.pointer, "EC") == 1, handle.group == SN_X9_62_prime256v1 else {
            throw CryptographyError(.unsupportedKey)
        }
        let count = ECDSASignature.numberByteCount
        guard let x = handle.number(OSSL_PKEY_PARAM_EC_PUB_X, count: count),
            let y = handle.number(OSSL_PKEY_PARAM_EC_PUB_Y, count: count)
        else { throw .library() }
        return .p256(x: x, y: y)
    }
}

extension PrivateKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Tells nothing.
    public var description: String { redacted }

    /// Tells nothing.
    public var debugDescription: String { redacted }

    /// Shows no parts.
    public var customMirror: Mirror { Mirror(self, unlabeledChildren: EmptyCollection<UInt8>()) }
}
