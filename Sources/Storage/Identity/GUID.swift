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
        guard text.utf8.count == 36 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (position, byte) in text.utf8.enumerated() {
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = TenantFingerprint.digit(byte) else { return nil }
            // The sixteen digits of the first half end before the third hyphen.
            if position < 18 { high = high << 4 | digit } else { low = low << 4 | digit }
        }
        self.init(high: high, low: low)
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
    ///
    /// Every row that is read or written has some of them, so it is put together byte by byte.
    public var description: String {
        String(unsafeUninitializedCapacity: 36) { text in
            var position = 0
            for place in 0..<32 {
                if place == 8 || place == 12 || place == 16 || place == 20 {
                    text[position] = UInt8(ascii: "-")
                    position += 1
                }
                let half = place < 16 ? high : low
                let digit = UInt8(truncatingIfNeeded: half >> UInt64(60 - place % 16 * 4)) & 0xF
                text[position] = digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
                position += 1
            }
            return position
        }
    }
}
