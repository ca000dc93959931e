import Cryptography
import JSON

/// The provider as a state machine: clients, people, codes, tokens, families. It does no I/O and its clock is
/// injected; ``Provider`` guards it, so each request is one indivisible step, concurrent refreshes included.
struct TokenIssuer: Sendable {
    /// RFC 6749 recommends at most ten minutes; both vendors are stricter.
    static let codeMilliseconds: Int64 = 5 * 60 * 1000

    let kind: Kind
    var settings: Settings
    var clock: SimulatedClock
    var counters = Counters()
    var ledger = Ledger()
    private(set) var clients: [String: RegisteredClient] = [:]
    private(set) var users: [String: SimulatedUser] = [:]
    private var codes: [String: AuthorizationCode] = [:]
    private(set) var families: [Int: Family] = [:]
    var accessTokens: [String: IssuedToken] = [:]
    private(set) var refreshTokens: [String: IssuedToken] = [:]
    /// What was presented at the revocation endpoint and accepted, in order.
    var revocations: [Revocation] = []
    var usedAssertions: Set<String> = []

    init(kind: Kind, clock: SimulatedClock = SimulatedClock()) {
        self.kind = kind
        self.clock = clock
        settings = Settings(kind: kind)
    }

    mutating func register(_ client: RegisteredClient) {
        clients[client.id] = client
        if let secret = client.secret { ledger.clientSecrets.append(secret) }
    }

    mutating func register(_ user: SimulatedUser) {
        users[user.username] = user
        ledger.passwords.append(user.password)
    }

    /// `iss` of callbacks and id_tokens: `origin` is the scheme, host and port that the browser or client used.
    func issuer(origin: String) -> String {
        settings.issuerOverride ?? origin + kind.issuerPath
    }
}

// MARK: - Codes

extension TokenIssuer {
    /// The user said yes: a code that lives five minutes and works once.
    mutating func makeCode(for request: AuthorizationRequest, username: String) -> String {
        let code = TokenMint.code(kind)
        codes[code] = AuthorizationCode(
            request: request, username: username, expiresAt: clock.now + Self.codeMilliseconds)
        ledger.codes.append(code)
        counters.count(.logins)
        return code
    }

    /// Uses up a code. A replay ends everything that the code gave (RFC 6749, section 4.1.2).
    mutating func redeem(
        code: String, client: RegisteredClient, redirectURI: String?, verifier: String?, origin: String
    ) throws(OAuthRefusal) -> Grant {
        if let verifier { ledger.codeVerifiers.append(verifier) }
        guard var record = codes[code], record.request.clientID == client.id else {
            throw OAuthRefusal(.invalidGrant, "The authorization code is invalid")
        }
        if let family = record.family {
            revoke(family: family)
            throw OAuthRefusal(.invalidGrant, "The authorization code was used before")
        }
        guard clock.now < record.expiresAt else {
            throw OAuthRefusal(.invalidGrant, "The authorization code has expired")
        }
        guard record.request.redirectURI == redirectURI else {
            throw OAuthRefusal(.invalidGrant, "The redirect_uri is not the one of the authorization request")
        }
        try Self.check(verifier: verifier, against: record.request.codeChallenge)
        let family = startFamily(
            username: record.username, client: client, scopes: record.request.scopes, nonce: record.request.nonce)
        record.family = family.id
        codes[code] = record
        counters.count(.codeGrants)
        return issue(for: family, origin: origin, withRefreshToken: record.request.wantsRefreshToken)
    }

    /// PKCE, RFC 7636 section 4.6, and the downgrade check of RFC 9700 section 2.1.1.
    private static func check(verifier: String?, against challenge: String?) throws(OAuthRefusal) {
        guard let challenge else {
            guard verifier == nil else {
                throw OAuthRefusal(.invalidGrant, "A code_verifier came for a code without code_challenge")
            }
            return
        }
        guard let verifier, (43...128).contains(verifier.utf8.count),
            Base64URL.encode(SHA256.hash(verifier)) == challenge
        else { throw OAuthRefusal(.invalidGrant, "The code_verifier does not fit the code_challenge") }
    }
}

// MARK: - Refresh

extension TokenIssuer {
    /// Presents a refresh token (RFC 6749, section 6; rotation and reuse: RFC 9700, section 4.14).
    mutating func refresh(
        token: String, client: RegisteredClient, scopes: [String]?, origin: String
    ) throws(OAuthRefusal) -> Grant {
        guard let record = refreshTokens[token], var family = families[record.family], family.clientID == client.id,
            !family.isRevoked, clock.now < record.expiresAt
        else { throw deadRefreshToken() }
        guard record.generation >= family.firstLiveRefresh else {
            if settings.revokeFamilyOnReuse { revoke(family: family.id) }
            throw deadRefreshToken()
        }
        if let scopes, !Set(scopes).isSubset(of: family.scopes) {
            throw OAuthRefusal(.invalidScope, "A refresh cannot widen the scope")
        }
        let givesNewToken = settings.rotateRefreshTokens && !settings.omitRefreshTokenOnRefresh
        family.generation += 1
        if givesNewToken && settings.singleUseRefreshTokens { family.firstLiveRefresh = family.generation }
        if settings.refreshEndsAccessTokens && settings.singleUseRefreshTokens {
            family.firstLiveAccess = family.generation
        }
        families[family.id] = family
        counters.count(.refreshGrants)
        return issue(for: family, origin: origin, withRefreshToken: givesNewToken)
    }

    private func deadRefreshToken() -> OAuthRefusal {
        settings.deadRefreshAsInvalidRequest
            ? OAuthRefusal(.invalidRequest, "Refresh token is invalid")
            : OAuthRefusal(.invalidGrant, "The refresh token is invalid, expired or revoked")
    }
}

// MARK: - Tokens

extension TokenIssuer {
    /// The token of a client acting as itself: never with a refresh token (RFC 6749, section 4.4.3).
    mutating func issueToClient(_ client: RegisteredClient, scopes: [String], origin: String) -> Grant {
        let family = startFamily(username: nil, client: client, scopes: scopes, nonce: nil)
        return issue(for: family, origin: origin, withRefreshToken: false)
    }

    /// Who is behind an access token; nil for an unknown one.
    func holder(ofAccessToken token: String) -> TokenHolder? {
        guard let record = accessTokens[token], let family = families[record.family] else { return nil }
        let isLive =
            !family.isRevoked && !record.isRevoked && record.generation >= family.firstLiveAccess
            && clock.now < record.expiresAt
        return TokenHolder(
            user: family.username.flatMap { users[$0] }, clientID: family.clientID, isLive: isLive,
            millisecondsLeft: record.expiresAt - clock.now)
    }

    /// Ends every login of a person, or of a client acting as itself; with `accessTokensOnly` the refresh tokens go on, as when a role was changed.
    mutating func revoke(username: String, accessTokensOnly: Bool) {
        for family in families.values where (family.username ?? family.clientID) == username && !family.isRevoked {
            if accessTokensOnly {
                families[family.id]?.generation += 1
                families[family.id]?.firstLiveAccess = family.generation + 1
            } else {
                revoke(family: family.id)
            }
        }
    }

    /// Ends everything that one login gave.
    mutating func revoke(family id: Int) {
        guard families[id]?.isRevoked == false else { return }
        families[id]?.isRevoked = true
        counters.count(.revokedFamilies)
    }

    private mutating func startFamily(
        username: String?, client: RegisteredClient, scopes: [String], nonce: String?
    ) -> Family {
        let family = Family(
            id: families.count, username: username, clientID: client.id, scopes: scopes, nonce: nonce,
            startedAt: clock.now)
        families[family.id] = family
        return family
    }

    private mutating func issue(for family: Family, origin: String, withRefreshToken: Bool) -> Grant {
        let expiresAt = clock.now + settings.accessTokenSeconds * 1000
        let accessToken = TokenMint.accessToken(
            kind, clientID: family.clientID, scopes: family.scopes, now: clock.nowSeconds, expires: expiresAt / 1000)
        accessTokens[accessToken] = IssuedToken(
            family: family.id, generation: family.generation, expiresAt: expiresAt)
        var refreshToken: String?
        if withRefreshToken {
            let token = TokenMint.refreshToken(kind)
            refreshTokens[token] = IssuedToken(
                family: family.id, generation: family.generation, expiresAt: refreshExpiry(of: family))
            refreshToken = token
        }
        let grant = Grant(
            accessToken: accessToken, refreshToken: refreshToken, idToken: idToken(for: family, origin: origin),
            scopes: family.scopes, username: family.username)
        ledger.note(grant)
        return grant
    }

    private func refreshExpiry(of family: Family) -> Int64 {
        let own = clock.now + settings.refreshTokenSeconds * 1000
        return settings.sessionSeconds == 0 ? own : min(own, family.startedAt + settings.sessionSeconds * 1000)
    }

    private func idToken(for family: Family, origin: String) -> String? {
        guard kind != .snowflake, family.scopes.contains("openid"), let user = family.username.flatMap({ users[$0] })
        else { return nil }
        var claims: JSONObject = [
            "iss": .string(issuer(origin: origin)), "aud": .string(family.clientID), "sub": .string(user.email),
            "iat": .integer(clock.nowSeconds), "exp": .integer(clock.nowSeconds + settings.accessTokenSeconds),
            "email": .string(user.email), "name": .string(user.displayName),
        ]
        if let nonce = family.nonce { claims["nonce"] = .string(nonce) }
        return TokenMint.idToken(claims: .object(claims), clientSecret: clients[family.clientID]?.secret)
    }
}

/// Who an access token stands for, and for how long.
struct TokenHolder: Sendable {
    /// Nil is a client acting as itself.
    let user: SimulatedUser?
    let clientID: String
    let isLive: Bool
    let millisecondsLeft: Int64
}
