import Cryptography

/// The first 48 bits of the SHA-256 of an account's slug.
///
/// Every GUID, API key, session token and login `state` of an account starts with it, so that whatever arrives names its
/// account without any index. It is a signpost, not a proof: what carries it is still looked up inside that account.
public struct TenantFingerprint: Hashable, Sendable, CustomStringConvertible {
    /// The 48 bits, in the low end.
    public let value: UInt64

    /// The number of hexadecimal digits of the text form.
    public static let textLength = 12

    /// The fingerprint of an account's slug.
    public init(of slug: AccountSlug) {
        let bytes = SHA256.hash(slug.text).bytes
        value = bytes.prefix(6).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A fingerprint found inside a GUID or token.
    public init(value: UInt64) {
        self.value = value & 0xFFFF_FFFF_FFFF
    }

    /// Reads twelve lower-case hexadecimal digits; nil for anything else.
    public init?(hex: UnsafeRawBufferPointer) {
        var value: UInt64 = 0
        var count = 0
        for byte in hex {
            guard let digit = Self.digit(byte) else { return nil }
            value = value << 4 | digit
            count += 1
        }
        guard count == Self.textLength else { return nil }
        self.value = value
    }

    /// Twelve lower-case hexadecimal digits.
    public var description: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: Self.textLength - digits.count) + digits
    }

    /// The six bytes, most significant first.
    public var bytes: [UInt8] {
        (0..<6).map { UInt8(truncatingIfNeeded: value >> UInt64(40 - 8 * $0)) }
    }

    static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        default: nil
        }
    }
}
