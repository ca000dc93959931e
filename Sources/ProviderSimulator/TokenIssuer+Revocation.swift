import JSON

/// One token that a client gave back.
struct Revocation: Sendable {
    let token: String
    /// `token_type_hint`.
    let hint: String?
    let clientID: String

    var json: JSON {
        ["token": .string(token), "token_type_hint": hint.map { .string($0) } ?? .null, "client_id": .string(clientID)]
    }
}

extension TokenIssuer {
    /// Ends what a client gives back (RFC 7009, section 2): with a refresh token the whole login, with an access token
    /// that token alone. A token that nobody knows is as good as revoked; another client's is refused.
    mutating func revoke(_ request: TokenRequest) throws(OAuthRefusal) {
        do throws(OAuthRefusal) {
            guard !request.parameters.hasDuplicates else {
                throw OAuthRefusal(.invalidRequest, "A parameter was given twice")
            }
            let client = try authenticate(request)
            guard let token = request.parameters["token"], !token.isEmpty else {
                throw OAuthRefusal(.invalidRequest, "token is missing")
            }
            if let owner = (refreshTokens[token] ?? accessTokens[token]).flatMap({ families[$0.family] }) {
                guard owner.clientID == client.id else {
                    throw OAuthRefusal(.invalidRequest, "The token was issued to another client")
                }
            }
            if let record = refreshTokens[token] { revoke(family: record.family) }
            accessTokens[token]?.isRevoked = true
            revocations.append(
                Revocation(token: token, hint: request.parameters["token_type_hint"], clientID: client.id))
            counters.count(.revocations)
        } catch {
            counters.count(.revocationsRefused)
            throw error
        }
    }

    /// What has become of a token, for tests: whether it still works, and if not, whether somebody ended it.
    func state(ofToken token: String) -> JSON {
        let (type, record, firstLive): (String, IssuedToken, Int)
        if let found = refreshTokens[token], let family = families[found.family] {
            (type, record, firstLive) = ("refresh_token", found, family.firstLiveRefresh)
        } else if let found = accessTokens[token], let family = families[found.family] {
            (type, record, firstLive) = ("access_token", found, family.firstLiveAccess)
        } else {
            return ["known": false, "live": false, "revoked": false]
        }
        let isRevoked = record.isRevoked || families[record.family]?.isRevoked ?? true
        let isLive = !isRevoked && record.generation >= firstLive && clock.now < record.expiresAt
        return ["known": true, "token_type": .string(type), "live": .bool(isLive), "revoked": .bool(isRevoked)]
    }
}
