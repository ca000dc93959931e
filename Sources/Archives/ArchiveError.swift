/// Why an archive is not read on.
public struct ArchiveError: Error, Equatable, CustomStringConvertible {
    /// The causes.
    public enum Code: Sendable {
        /// The bytes are no gzip stream, or a damaged one.
        case notGzip
        /// The archive ends in the middle.
        case truncated
        /// What is inside the gzip stream is no tar archive, or a damaged one.
        case notTar
        /// It would become larger, or holds more, than the limits allow.
        case tooLarge
        /// It holds what would be dangerous to unpack: a path that leads out, a link, a device.
        case dangerous
    }
    /// The cause.
    public let code: Code
    /// A sentence that says what is wrong.
    public let description: String

    /// An error with its sentence.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
