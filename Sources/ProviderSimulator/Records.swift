import JSON

/// An OAuth client registered through the control door.
struct RegisteredClient: Sendable {
    let id: String
    /// Nil is a public client.
    let secret: String?
    /// Compared exactly, character for character.
    let redirectURIs: Set<String>
    /// Nil allows every scope.
    let allowedScopes: Set<String>?
    /// The only way in which it may authenticate, by the name of RFC 7591; nil allows each that the provider knows.
    let method: String?
    /// The keys by which it may prove itself instead of a secret.
    let keys: [ClientKey]
}

/// A person with an account at the provider, and the rows that this person may see.
struct SimulatedUser: Sendable {
    struct Column: Sendable {
        let name: String
        /// A SQL type name such as `STRING`.
        let type: String
    }

    let username: String
    let password: String
    let displayName: String
    let email: String
    let columns: [Column]
    let rows: [[JSON]]
}

/// One authorization request that passed every check.
struct AuthorizationRequest: Sendable {
    let clientID: String
    let redirectURI: String
    let state: String?
    let scopes: [String]
    let codeChallenge: String?
    let nonce: String?
    /// Whether the login is to outlast the first access token.
    let wantsRefreshToken: Bool
}

/// A code on its way, and afterwards: a used one is kept, because its replay ends what it gave (RFC 6749, 4.1.2).
struct AuthorizationCode: Sendable {
    let request: AuthorizationRequest
    let username: String
    let expiresAt: Int64
    var family: Int?
}

/// Everything that comes from one login. Tokens carry the number of the refresh that made them; the family knows the
/// first numbers still alive, so ending all earlier tokens is one assignment.
struct Family: Sendable {
    let id: Int
    /// Nil is a client acting as itself.
    let username: String?
    let clientID: String
    let scopes: [String]
    let nonce: String?
    let startedAt: Int64
    var generation = 0
    var firstLiveAccess = 0
    var firstLiveRefresh = 0
    var isRevoked = false
}

/// One access or refresh token.
struct IssuedToken: Sendable {
    let family: Int
    let generation: Int
    let expiresAt: Int64
    /// Ended by itself, at the revocation endpoint.
    var isRevoked = false
}

/// A successful answer of the token endpoint, before it is written in the provider's form.
struct Grant: Sendable {
    let accessToken: String
    let refreshToken: String?
    let idToken: String?
    let scopes: [String]
    let username: String?
}
