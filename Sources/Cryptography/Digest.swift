/// 32 bytes: a SHA-256 digest or an HMAC-SHA-256 code. Held as four words, so that it costs no allocation and is a
/// cheap dictionary key.
///
/// `==` is not constant-time and is for look-ups; compare codes that prove something with `constantTimeEquals`.
public struct Digest: Hashable, Sendable {
    /// The number of bytes.
    public static let byteCount = 32

    @usableFromInline
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    init(filledBy fill: (UnsafeMutableRawBufferPointer) -> Void) {
        withUnsafeMutableBytes(of: &words, fill)
    }

    /// A digest from its 32 bytes; nil when there are more or fewer.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init { $0.copyBytes(from: bytes) }
    }

    /// A digest from 64 hexadecimal digits; nil for anything else.
    public init?(hex: String) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes: bytes)
    }

    /// The 32 bytes.
    public var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }

    /// The bytes as 64 lower-case hexadecimal digits.
    public var hex: String { Hex.encode(bytes) }

    /// Lends the 32 bytes.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try Swift.withUnsafeBytes(of: words, body)
    }

    /// Whether all four words are equal; for look-ups.
    @inlinable
    public static func == (left: Digest, right: Digest) -> Bool {
        left.words == right.words
    }

    /// Feeds the four words.
    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

extension Digest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    // A code of HMAC lets its holder in as a password does: it is written out on purpose (`hex`) or not at all.

    /// Tells that this is a digest, not which.
    public var description: String { "[digest]" }

    /// Tells that this is a digest, not which.
    public var debugDescription: String { description }

    /// Shows no parts.
    public var customMirror: Mirror { Mirror(self, unlabeledChildren: EmptyCollection<UInt8>()) }
}
