public import Storage

/// What came of a login that an administrator tried out. Nothing of it is kept; it holds no tokens.
public struct LoginTest: Sendable {
    /// What was tried.
    public let integration: GUID
    /// What it is called.
    public let name: String
    /// How it went.
    public let result: Result

    /// How it went.
    public enum Result: Sendable {
        /// The provider gave tokens.
        case granted(Granted)
        /// It did not work: why, and what an administrator can do.
        case failed(why: String, advice: String)
    }

    /// What the provider gave.
    public struct Granted: Sendable {
        /// The scopes that were asked for.
        public let asked: [String]
        /// The scopes that the provider named; nil: it named none, which means those that were asked for.
        public let given: [String]?
        /// How long the access token works, in seconds; nil: the provider does not say.
        public let lifetime: Int64?
        /// How long the access token is used here, in seconds: what the provider says, otherwise what is assumed.
        public let usedFor: Int64
        /// Whether there is a refresh token.
        public let hasRefreshToken: Bool
        /// How long the refresh token works, in seconds, where the provider says.
        public let refreshLifetime: Int64?
        /// How the access token is used.
        public let tokenType: String
        /// Who logged in at the provider, as far as it says.
        public let identity: Identity
        /// What became of the tokens at the provider.
        public let revocation: Revocation
    }

    /// Who logged in at the provider, as far as it says.
    public enum Identity: Sendable {
        /// An id_token that was checked says so.
        case verified(subject: String, email: String?, username: String?, name: String?)
        /// The provider's answer names them (Snowflake).
        case named(String)
        /// There is an id_token, but nothing to check it against.
        case unchecked
        /// Nothing says so.
        case unknown
    }

    /// What became of the tokens at the provider.
    public enum Revocation: Sendable {
        /// They were revoked.
        case done
        /// The provider does not offer that: the access token ends by itself.
        case notOffered
        /// Not revoked: the administrator is logged in there, and some providers end all of a person's tokens together.
        case spared
        /// The provider did not do it.
        case failed
    }
}

extension LoginTest.Granted {
    /// The scopes that were asked for and not given.
    public var missing: [String] {
        guard let given else { return [] }
        return asked.filter { !isGiven($0, among: given) }
    }

    /// The scopes that were given without being asked for.
    public var more: [String] { (given ?? []).filter { !asked.contains($0) } }

    /// Providers do not repeat every scope: some name only those of the API, and show the others by what they give.
    private func isGiven(_ scope: String, among given: [String]) -> Bool {
        if given.contains(scope) { return true }
        switch scope {
        case "offline_access", "refresh_token": return hasRefreshToken
        case "openid", "profile", "email":
            switch identity {
            case .verified, .unchecked: return true
            case .named, .unknown: return false
            }
        // Microsoft's name for "all that the app may": the answer names them one by one.
        case let all where all.hasSuffix("/.default"):
            return given.contains { $0.hasPrefix(all.dropLast(".default".count)) }
        default: return false
        }
    }
}
