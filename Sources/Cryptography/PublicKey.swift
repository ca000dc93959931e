internal import COpenSSL

/// The public half of a key that signs: what a JWKS publishes, and what verifies.
public struct PublicKey: Sendable {
    /// The numbers, big-endian: what a JWK (RFC 7518, section 6) and a thumbprint are made of.
    enum Numbers: Hashable, Sendable {
        case rsa(modulus: [UInt8], exponent: [UInt8])
        case p256(x: [UInt8], y: [UInt8])
    }

    /// Fewer can be factored; more would cost seconds for each signature.
    static let rsaBits = 2048...8192
    /// Larger ones serve nobody but who wants us to be slow.
    static let exponentByteLimit = 8

    let numbers: Numbers
    let handle: KeyHandle

    init(_ numbers: Numbers) throws(CryptographyError) {
        self.numbers = numbers
        let handle: KeyHandle?
        switch numbers {
        case .rsa(let modulus, let exponent):
            guard Self.rsaBits.contains(Self.bits(modulus)), Self.isOdd(modulus) else {
                throw CryptographyError(.unsupportedKey)
            }
            // With an exponent of 1 whatever is signed is its own signature.
            guard Self.isOdd(exponent), Self.bits(exponent) > 1, exponent.count <= Self.exponentByteLimit else {
                throw CryptographyError(.malformed)
            }
            handle = KeyHandle(
                taking: gatehouse_rsa_public_key(modulus, Int32(modulus.count), exponent, Int32(exponent.count)))
        case .p256(let x, let y):
            let count = ECDSASignature.numberByteCount
            guard x.count == count, y.count == count else { throw CryptographyError(.malformed) }
            // libcrypto refuses a point that is not on the curve.
            let point = [0x04] + x + y
            handle = KeyHandle(taking: gatehouse_p256_public_key(point, point.count))
        }
        guard let handle else {
            ERR_clear_error()
            throw CryptographyError(.malformed)
        }
        self.handle = handle
    }

    /// The algorithm of its signatures.
    public var algorithm: SignatureAlgorithm {
        switch numbers {
        case .rsa: .rs256
        case .p256: .es256
        }
    }

    /// Whether this is the signature of that message by the private half. False for anything else, whatever its form;
    /// a signature on P-256 is the 64 bytes of JOSE.
    ///
    /// - Parameter isPSS: whether an RSA key signed with PSS (PS256: RFC 7518, section 3.5) and not as in PKCS #1 v1.5.
    public func isValid(signature: [UInt8], for message: [UInt8], isPSS: Bool = false) -> Bool {
        let encoded: [UInt8]?
        switch numbers {
        case .rsa: encoded = signature
        case .p256: encoded = ECDSASignature.der(raw: signature)
        }
        guard let encoded, let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            // A signature that is not valid leaves an error behind.
            ERR_clear_error()
        }
        // The key's context belongs to the digest's.
        var keyContext: OpaquePointer?
        guard EVP_DigestVerifyInit_ex(context, &keyContext, "SHA2-256", nil, nil, handle.pointer, nil) == 1 else {
            return false
        }
        if isPSS {
            guard algorithm == .rs256, gatehouse_use_pss(keyContext) == 1 else { return false }
        }
        return encoded.withUnsafeBytes { encoded in
            message.withUnsafeBytes { message in
                EVP_DigestVerify(context, encoded.address, encoded.count, message.address, message.count) == 1
            }
        }
    }

    private static func bits(_ number: [UInt8]) -> Int {
        let significant = number.drop { $0 == 0 }
        return significant.count * 8 - (significant.first?.leadingZeroBitCount ?? 0)
    }

    private static func isOdd(_ number: [UInt8]) -> Bool { (number.last ?? 0) & 1 == 1 }
}

extension PublicKey: Hashable {
    /// Whether the numbers are the same.
    public static func == (left: PublicKey, right: PublicKey) -> Bool { left.numbers == right.numbers }

    /// Feeds the numbers.
    public func hash(into hasher: inout Hasher) { hasher.combine(numbers) }
}
