/// Why a call brought no answer. Compared by ``code``.
///
/// The question that matters afterwards is ``mayHaveBeenSent``: a single-use refresh token may be presented again only
/// if it certainly was not presented before.
public struct OutboundError: Error, Sendable, Hashable {
    /// The cause.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The name leads to an address that the policy forbids, or the URL does not stand under the policy.
        case refusedAddress
        /// The request cannot be put on the wire: a header has a line break.
        case invalidRequest
        /// The account has as many calls under way, and waiting, as it may have. Nothing was sent.
        case noPlace
        /// No connection: unknown name, refused, timed out. Nothing was sent; it may be tried again.
        case notConnected
        /// No secure connection: an expired certificate, the wrong name, no common version. Nothing was sent.
        case tls
        /// The request went out, wholly or in part, and no whole answer came: the outcome is unknown.
        case noAnswer
        /// The answer was longer than the transport's limit. The other server has acted.
        case answerTooLarge
        /// The task was cancelled, or the transport was shut down.
        case cancelled
    }

    /// The cause.
    public let code: Code
    /// Whether the other server may have received the request and acted on it.
    public let mayHaveBeenSent: Bool
    /// Host and port that were called.
    public let authority: String
    /// libcurl's words for it, or an own sentence; never a URL, header or body.
    public let detail: String

    /// An error. `mayHaveBeenSent` is by default what the code implies.
    public init(_ code: Code, authority: String, detail: String = "", mayHaveBeenSent: Bool? = nil) {
        self.code = code
        self.authority = authority
        self.detail = detail
        self.mayHaveBeenSent = mayHaveBeenSent ?? (code == .noAnswer || code == .answerTooLarge)
    }
}

extension OutboundError: CustomStringConvertible {
    /// A sentence for logs and for whoever configured the host.
    public var description: String {
        let reason = detail.isEmpty ? "" : " (\(detail))"
        return switch code {
        case .refusedAddress:
            "\(authority) is an address that may not be called\(reason). Use a public host, or ask the operator to "
                + "allow this one."
        case .invalidRequest: "The request to \(authority) was not sent: a header has a line break."
        case .noPlace: "\(authority) was not called: too many calls of this account are under way. Nothing was sent."
        case .notConnected: "\(authority) could not be reached\(reason). Nothing was sent."
        case .tls:
            "No secure connection to \(authority)\(reason). Nothing was sent. If its certificate is of a company's own "
                + "authority, the operator of this server names that authority's certificate with --ca-file."
        case .noAnswer: "\(authority) did not answer\(reason). Whether it acted on the request is not known."
        case .answerTooLarge: "\(authority) answered with more than is accepted\(reason)."
        case .cancelled: "The call to \(authority) was cancelled."
        }
    }
}
