/// Base64 with padding, in the standard alphabet (RFC 4648, section 4).
public enum Base64 {
    /// The text of bytes.
    public static func encode(_ bytes: [UInt8]) -> String {
        Base64Alphabet.standard.encode(bytes, isPadded: true)
    }

    /// The bytes of a text; nil unless it is exactly what `encode` writes: padding complete, no white space, and no
    /// bits beyond the last byte.
    public static func decode(_ text: String) -> [UInt8]? {
        Base64Alphabet.standard.decode(text, isPadded: true)
    }
}

/// Base64 without padding, in the alphabet that is safe in URLs and file names (RFC 4648, section 5).
public enum Base64URL {
    /// The text of bytes.
    public static func encode(_ bytes: [UInt8]) -> String {
        Base64Alphabet.url.encode(bytes, isPadded: false)
    }

    /// The text of a digest.
    public static func encode(_ digest: Digest) -> String {
        encode(digest.bytes)
    }

    /// The bytes of a text; nil unless it is exactly what `encode` writes: no padding, no white space, and no bits
    /// beyond the last byte. So every byte string has one text only, and a text cannot be varied unnoticed.
    public static func decode(_ text: String) -> [UInt8]? {
        Base64Alphabet.url.decode(text, isPadded: false)
    }
}

/// The 64 digits of one of RFC 4648's alphabets.
struct Base64Alphabet: Sendable {
    static let standard = Base64Alphabet(last: "+/")
    static let url = Base64Alphabet(last: "-_")

    private static let padding = UInt8(ascii: "=")
    private static let noDigit: UInt8 = 0xFF

    private let digits: [UInt8]
    private let values: [UInt8]

    private init(last: String) {
        digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789\(last)".utf8)
        var values = [UInt8](repeating: Self.noDigit, count: 256)
        for (value, digit) in digits.enumerated() {
            values[Int(digit)] = UInt8(value)
        }
        self.values = values
    }

    func encode(_ bytes: [UInt8], isPadded: Bool) -> String {
        let (triples, rest) = bytes.count.quotientAndRemainder(dividingBy: 3)
        let tail = rest == 0 ? 0 : rest + 1
        let digitCount = triples * 4 + tail
        let count = isPadded ? (bytes.count + 2) / 3 * 4 : digitCount
        return String(unsafeUninitializedCapacity: count) { output in
            var bits: UInt32 = 0
            var bitCount = 0
            var position = 0
            for byte in bytes {
                bits = bits << 8 | UInt32(byte)
                bitCount += 8
                while bitCount >= 6 {
                    bitCount -= 6
                    output[position] = digits[Int(bits >> UInt32(bitCount) & 0x3F)]
                    position += 1
                }
            }
            if bitCount > 0 {
                output[position] = digits[Int(bits << UInt32(6 - bitCount) & 0x3F)]
                position += 1
            }
            while position < count {
                output[position] = Self.padding
                position += 1
            }
            return count
        }
    }

    func decode(_ text: String, isPadded: Bool) -> [UInt8]? {
        var text = text
        return text.withUTF8 { utf8 in
            guard isPadded else { return decode(utf8[...]) }
            guard utf8.count % 4 == 0 else { return nil }
            let padding = utf8.suffix(2).reversed().prefix { $0 == Self.padding }.count
            return decode(utf8.dropLast(padding))
        }
    }

    private func decode(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8]? {
        // One digit more than whole groups of four cannot hold a byte.
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4)
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        for digit in text {
            let value = values[Int(digit)]
            guard value != Self.noDigit else { return nil }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
            }
        }
        guard bits & (1 << bitCount - 1) == 0 else { return nil }
        return bytes
    }
}
