/// Text that nobody may see: a password, a token, a client secret. Wiped at the end and silent when printed.
///
/// Deliberately not `Hashable`: a look-up by secret goes through its digest.
public struct SecretString: Sendable {
    private let utf8: SecretBytes

    /// A copy of a string. The original is the caller's, and is not wiped.
    public init(_ string: String) {
        utf8 = SecretBytes(string.utf8)
    }

    /// Text from bytes; nil when they are not UTF-8.
    public init?(utf8 bytes: SecretBytes) {
        guard bytes.withUnsafeBytes({ String(validating: $0, as: UTF8.self) != nil }) else { return nil }
        utf8 = bytes
    }

    /// The text itself. Every call is a place where a secret can leak, and is named so that it can be found.
    public func reveal() -> String {
        withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// The number of bytes in UTF-8.
    public var utf8Count: Int { utf8.count }

    /// Whether the text is empty.
    public var isEmpty: Bool { utf8Count == 0 }

    /// Lends the UTF-8 bytes, which spares the copy that `reveal()` leaves behind.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try utf8.withUnsafeBytes(body)
    }
}

extension SecretString: Equatable {
    /// Whether the UTF-8 bytes are equal, in constant time.
    public static func == (left: SecretString, right: SecretString) -> Bool {
        left.utf8 == right.utf8
    }
}

extension SecretString: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Tells nothing.
    public var description: String { redacted }

    /// Tells nothing.
    public var debugDescription: String { redacted }

    /// Shows no parts.
    public var customMirror: Mirror { Mirror(self, unlabeledChildren: EmptyCollection<UInt8>()) }
}
