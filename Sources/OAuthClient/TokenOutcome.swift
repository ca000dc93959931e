public import Cryptography

/// What came of asking a token endpoint for tokens.
public enum TokenOutcome: Sendable {
    /// Tokens. They must be stored before anyone receives them: the old ones may be dead already.
    case granted(TokenGrant)
    /// The provider understood and said no.
    case refused(ProviderRefusal)
    /// No answer that means anything. Whatever tokens exist must be kept.
    case unavailable(ProviderUnavailability)

    /// Whether there are tokens.
    public var isGranted: Bool { if case .granted = self { true } else { false } }
}

/// A successful answer (RFC 6749 section 5.1), read leniently where providers differ and strictly where it matters.
public struct TokenGrant: Sendable {
    /// Visible ASCII, at most 128 KiB.
    public let accessToken: SecretString
    /// nil when the answer has none: after a refresh the old one stays in force.
    public let refreshToken: SecretString?
    /// Always `Bearer`; other kinds are refused.
    public let tokenType: String
    /// Counted from the moment the request was sent; nil when the provider does not say, which is not "forever".
    public let expiresIn: Duration?
    /// Snowflake's `refresh_token_expires_in`, or `refresh_expires_in`; nil when not said.
    public let refreshTokenExpiresIn: Duration?
    /// Space-separated; nil when not said, which means "as requested".
    public let scope: String?
    /// The OpenID Connect id_token, unverified: see ``IDToken``.
    public let idToken: SecretString?
    /// Snowflake's `username`: who logged in at the provider.
    public let username: String?

    /// A grant, for tests of the rooms above.
    public init(
        accessToken: SecretString, refreshToken: SecretString? = nil, expiresIn: Duration? = nil,
        refreshTokenExpiresIn: Duration? = nil, scope: String? = nil, idToken: SecretString? = nil,
        username: String? = nil
    ) {
        self.accessToken = accessToken
        self.refreshToken = refreshToken
        self.tokenType = "Bearer"
        self.expiresIn = expiresIn
        self.refreshTokenExpiresIn = refreshTokenExpiresIn
        self.scope = scope
        self.idToken = idToken
        self.username = username
    }
}

/// The provider's refusal (RFC 6749 section 5.2).
public struct ProviderRefusal: Sendable, Hashable {
    /// Whose fault it is, and so who must act.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The code or refresh token is dead: the viewer must log in again.
        case invalidGrant
        /// The viewer must do something at the provider, or has no access there (any more).
        case viewer
        /// The client is not known or not proven, or at Snowflake its network not allowed: the admin must act.
        case invalidClient
        /// The client may not use this grant: the admin must act.
        case unauthorizedClient
        /// The scopes are wrong: the admin must act.
        case invalidScope
        /// The provider does not understand the request.
        case invalidRequest
        /// Any other error code.
        case other
    }

    /// The cause.
    public let kind: Kind
    /// The provider's own sentence: at most 300 characters, no control characters, no secret of ours. Untrusted text.
    public let message: String
    /// The HTTP status, which may be 200; 0 where we had no proof to send, and nothing was sent.
    public let status: Int
    /// What it ends where a refresh token was presented.
    public let effect: TokenErrorCode.Effect
    /// The word for `payload.reason`.
    public let reason: String

    init(
        kind: Kind, message: String, status: Int, effect: TokenErrorCode.Effect, reason: String
    ) {
        self.kind = kind
        self.message = message
        self.status = status
        self.effect = effect
        self.reason = reason
    }
}

/// The provider could not be asked, or did not answer with anything that means yes or no.
public struct ProviderUnavailability: Sendable, Hashable {
    /// The cause.
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        /// No connection: the provider has not seen the request.
        case notConnected
        /// Too many calls of the same account are under way: the provider was not called.
        case noPlace
        /// The request went out and no answer came.
        case noAnswer
        /// Status 429.
        case rateLimited
        /// A 5xx status, or an error code that means the same.
        case serverError
        /// HTML, broken JSON, no access token, an unknown token type, a redirect.
        case unintelligible
        /// Status 400 for a refresh token, without an error that can be read: some servers answer a dead token so.
        case unexplained
        /// No secure connection: the provider's certificate is not trusted, or has expired.
        case tls
        /// The outbound policy forbids the endpoint's address.
        case refusedAddress
        /// The answer is longer than accepted.
        case tooLarge
        /// The caller's task was cancelled.
        case cancelled
    }

    /// The cause.
    public let reason: Reason
    /// The provider's `Retry-After` in seconds, at most a day; nil when it gave none.
    public let retryAfter: Duration?
    /// Whether a single-use refresh token may have been consumed. A 429 or 5xx counts as processed too where the
    /// status does not rule it out.
    public let requestMayHaveBeenProcessed: Bool
    /// A sentence for logs and admins, without secrets.
    public let message: String

    /// An unavailability.
    public init(
        reason: Reason, retryAfter: Duration? = nil, requestMayHaveBeenProcessed: Bool, message: String
    ) {
        self.reason = reason
        self.retryAfter = retryAfter
        self.requestMayHaveBeenProcessed = requestMayHaveBeenProcessed
        self.message = message
    }
}
