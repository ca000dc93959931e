import Cryptography

/// The identity of an object of one account: a UUID of version 8 (RFC 9562, section 5.8).
///
/// The first 48 bits are the account's fingerprint, the 74 bits that version and variant leave are random.
public struct GUID: Hashable, Sendable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64

    /// A fresh GUID of that account.
    public init(tenant: TenantFingerprint) {
        let random = SecureRandom.bytes(10).map(UInt64.init)
        let custom = (random[0] << 8 | random[1]) & 0x0FFF
        high = tenant.value << 16 | 0x8000 | custom
        low = random.dropFirst(2).reduce(0) { $0 << 8 | $1 } & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    }

    /// Reads the lower-case text form; nil for anything else, including UUIDs of other versions.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return nil }
        var halves: [UInt64] = [0, 0]
        var digits = 0
        for (position, byte) in bytes.enumerated() {
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = TenantFingerprint.digit(byte) else { return nil }
            halves[digits / 16] = halves[digits / 16] << 4 | digit
            digits += 1
        }
        self.init(high: halves[0], low: halves[1])
    }

    /// Reads the sixteen bytes inside a session token; nil where they are no GUID.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.init(
            high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
            low: bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
        )
    }

    private init?(high: UInt64, low: UInt64) {
        guard high >> 12 & 0xF == 8, low >> 62 == 0b10 else { return nil }
        self.high = high
        self.low = low
    }

    /// The account this names.
    public var tenant: TenantFingerprint { TenantFingerprint(value: high >> 16) }

    /// The sixteen bytes, most significant first.
    public var bytes: [UInt8] {
        [high, low].flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> UInt64(56 - 8 * $0)) } }
    }

    /// The text form, in lower case.
    public var description: String {
        let digits = Array(bytes.flatMap { [$0 >> 4, $0 & 0xF] }.map { Character(String($0, radix: 16)) })
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }
}
