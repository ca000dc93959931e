public import Cryptography

/// Why a callback's query is not understood. The description never repeats a value.
public struct CallbackError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The cause.
    public enum Code: String, Sendable, Hashable {
        /// Longer than an honest server sends.
        case tooLong
        /// Broken percent-encoding or text.
        case malformed
        /// One parameter twice: whoever sent this wants two readers to see different things.
        case duplicate
    }

    /// The cause.
    public let code: Code

    /// An error of that cause.
    public init(code: Code) { self.code = code }

    /// A sentence for the page that the browser shows.
    public var description: String {
        switch code {
        case .tooLong: "The provider's answer is too long. Start the login again."
        case .malformed: "The provider's answer is not encoded correctly. Start the login again."
        case .duplicate: "The provider's answer has a parameter twice and was refused. Start the login again."
        }
    }
}

/// What a provider hands back through the browser (RFC 6749 section 4.1.2, RFC 9207).
public struct CallbackParameters: Sendable {
    /// More than any provider's code and state together, in bytes.
    public static let maximumQueryBytes = 16_384

    /// Stands for an error code that is not encoded correctly.
    static let unreadableError = "unreadable_error"

    /// The state that was sent; nil when missing or empty.
    public let state: SecretString?
    /// The authorization code; nil when missing or empty.
    public let code: SecretString?
    /// The error code such as `access_denied`: at most 100 visible ASCII characters.
    public let error: String?
    /// The provider's sentence, at most 300 characters without control characters. Untrusted: escape it on pages.
    public let errorDescription: String?
    /// The issuer (RFC 9207), at most 2048 bytes as sent; nil when missing.
    public let iss: String?

    /// Reads the raw query, without its question mark.
    ///
    /// Any name that comes twice refuses the whole query, known to us or not. A value that is not encoded correctly leaves the
    /// others as they are, and refuses the query only where it is needed: `state`, `iss`, and `code` without an `error`.
    public init(query: String) throws(CallbackError) {
        let pairs: [(name: String, value: String?)]
        do {
            pairs = try FormEncoding.decode(readable: query, maximumBytes: Self.maximumQueryBytes, maximumCount: 50)
        } catch {
            switch error {
            case .malformed: throw CallbackError(code: .malformed)
            case .duplicate: throw CallbackError(code: .duplicate)
            case .tooLarge: throw CallbackError(code: .tooLong)
            }
        }
        func value(_ name: String) -> String? {
            pairs.first { $0.name == name }?.value.flatMap { $0.isEmpty ? nil : $0 }
        }
        state = value("state").map { SecretString($0) }
        code = value("code").map { SecretString($0) }
        let unreadable = Set(pairs.filter { $0.value == nil }.map(\.name))
        error =
            unreadable.contains("error")
            ? Self.unreadableError : value("error").map { Sentence.visibleASCII($0, limit: 100) }
        errorDescription = value("error_description").map { Sentence.bounded($0) }
        iss = value("iss")
        let isIncomplete = unreadable.contains("code") && error == nil
        guard !isIncomplete, unreadable.isDisjoint(with: ["state", "iss"]) else {
            throw CallbackError(code: .malformed)
        }
        if let iss, iss.utf8.count > 2048 { throw CallbackError(code: .tooLong) }
    }
}
