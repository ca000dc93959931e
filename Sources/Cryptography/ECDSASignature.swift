internal import COpenSSL

/// The two forms of a signature on P-256: libcrypto writes ASN.1 (RFC 3279, section 2.2.3), JOSE has r and s one after
/// the other (RFC 7518, section 3.4).
enum ECDSASignature {
    /// Bytes of r and of s.
    static let numberByteCount = 32
    /// Bytes of a signature in JOSE's form.
    static let byteCount = 2 * numberByteCount

    /// JOSE's form of a signature in ASN.1; nil when it is none.
    static func raw(der: [UInt8]) -> [UInt8]? {
        let signature = der.withUnsafeBytes { der in
            var position: UnsafePointer<UInt8>? = der.address
            return d2i_ECDSA_SIG(nil, &position, der.count)
        }
        guard let signature else { return nil }
        defer { ECDSA_SIG_free(signature) }
        guard let r = ECDSA_SIG_get0_r(signature).flatMap({ [UInt8](bigNumber: $0, count: numberByteCount) }),
            let s = ECDSA_SIG_get0_s(signature).flatMap({ [UInt8](bigNumber: $0, count: numberByteCount) })
        else { return nil }
        return r + s
    }

    /// The form in ASN.1 of a signature in JOSE's; nil unless it has 64 bytes.
    static func der(raw: [UInt8]) -> [UInt8]? {
        guard raw.count == byteCount, let signature = ECDSA_SIG_new() else { return nil }
        defer { ECDSA_SIG_free(signature) }
        let (r, s) = raw.withUnsafeBytes { raw in
            let count = Int32(numberByteCount)
            return (BN_bin2bn(raw.address, count, nil), BN_bin2bn(raw.address + numberByteCount, count, nil))
        }
        // On success the numbers are the signature's to free.
        guard let r, let s, ECDSA_SIG_set0(signature, r, s) == 1 else {
            BN_free(r)
            BN_free(s)
            return nil
        }
        let count = i2d_ECDSA_SIG(signature, nil)
        guard count > 0 else { return nil }
        var der = [UInt8](repeating: 0, count: Int(count))
        let written = der.withUnsafeMutableBufferPointer { der in
            var position = der.baseAddress
            return i2d_ECDSA_SIG(signature, &position)
        }
        return written == count ? der : nil
    }
}
