extension FormEncoding {
    /// Why a form is not understood. It never repeats the input, which can hold codes and tokens.
    public enum Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// A `%` without two hexadecimal digits, or bytes that are no UTF-8.
        case malformed
        /// One name twice.
        case duplicate
        /// More parameters or bytes than the limits allow.
        case tooLarge

        /// A sentence.
        public var description: String {
            switch self {
            case .malformed: "A parameter is not percent-encoded correctly."
            case .duplicate: "A parameter appears more than once."
            case .tooLarge: "There are too many parameters, or they are too long."
            }
        }
    }

    /// The longest form read by default, in bytes.
    public static let maximumBytes = 65_536
    /// The most parameters read by default.
    public static let maximumCount = 100

    /// One name or value decoded; nil when it is malformed.
    public static func decode(_ text: some StringProtocol) -> String? { decode(bytes: text.utf8) }

    /// A form's pairs in their order. Empty pairs (`a=1&&b=2`) are skipped; a name without `=` has an empty value.
    ///
    /// A name that comes twice is refused unless `allowsDuplicates`: two readers of a request must not see two things.
    public static func decode(
        form text: String, allowsDuplicates: Bool = false, maximumBytes: Int = FormEncoding.maximumBytes,
        maximumCount: Int = FormEncoding.maximumCount
    ) throws(Failure) -> [(name: String, value: String)] {
        let pairs = try pairs([UInt8](text.utf8), maximumBytes: maximumBytes, maximumCount: maximumCount)
        guard allowsDuplicates || Set(pairs.map(\.name)).count == pairs.count else { throw .duplicate }
        return try pairs.map { pair throws(Failure) in
            guard let name = pair.name, let value = pair.value else { throw .malformed }
            return (name, value)
        }
    }

    /// A form of which each pair stands for itself, as another server wrote it: a value that cannot be decoded, such as
    /// `%E9`, is nil, and a pair whose name cannot be decoded is left out.
    ///
    /// - Throws: `duplicate` and `tooLarge`.
    public static func decode(
        readable text: String, maximumBytes: Int = FormEncoding.maximumBytes,
        maximumCount: Int = FormEncoding.maximumCount
    ) throws(Failure) -> [(name: String, value: String?)] {
        let pairs = try pairs([UInt8](text.utf8), maximumBytes: maximumBytes, maximumCount: maximumCount)
        let readable = pairs.compactMap { pair in pair.name.map { (name: $0, value: pair.value) } }
        guard Set(readable.map(\.name)).count == readable.count else { throw .duplicate }
        return readable
    }

    private static func pairs(
        _ bytes: [UInt8], maximumBytes: Int, maximumCount: Int
    ) throws(Failure) -> [(name: String?, value: String?)] {
        guard bytes.count <= maximumBytes else { throw .tooLarge }
        var pairs: [(name: String?, value: String?)] = []
        for pair in bytes.split(separator: UInt8(ascii: "&")) {
            guard pairs.count < maximumCount else { throw .tooLarge }
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            pairs.append((decode(bytes: pair[..<equals]), decode(bytes: pair[equals...].dropFirst())))
        }
        return pairs
    }

    private static func decode(bytes: some Collection<UInt8>) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var rest = bytes.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "+"):
                decoded.append(0x20)
            case UInt8(ascii: "%"):
                guard let high = digit(rest.next()), let low = digit(rest.next()) else { return nil }
                decoded.append(high << 4 | low)
            default:
                decoded.append(byte)
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8?) -> UInt8? {
        switch byte {
        case .some(let digit) where (0x30...0x39).contains(digit): digit - 0x30
        case .some(let letter) where (0x41...0x46).contains(letter): letter - 0x37
        case .some(let letter) where (0x61...0x66).contains(letter): letter - 0x57
        default: nil
        }
    }
}
