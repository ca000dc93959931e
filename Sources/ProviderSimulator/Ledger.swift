import JSON

/// Every secret that this provider ever gave or was shown. A test hunts for each of them in the logs, answers and
/// files of the server under test.
struct Ledger: Sendable {
    var codes: [String] = []
    var accessTokens: [String] = []
    var refreshTokens: [String] = []
    var idTokens: [String] = []
    var clientSecrets: [String] = []
    var passwords: [String] = []
    var codeVerifiers: [String] = []
    /// JWTs by which clients proved themselves or asked for a token.
    var assertions: [String] = []
    var states: [String] = []

    mutating func note(_ grant: Grant) {
        accessTokens.append(grant.accessToken)
        if let token = grant.refreshToken { refreshTokens.append(token) }
        if let token = grant.idToken { idTokens.append(token) }
    }

    var json: JSON {
        func list(_ values: [String]) -> JSON { .array(values.map { .string($0) }) }
        return [
            "codes": list(codes), "access_tokens": list(accessTokens), "refresh_tokens": list(refreshTokens),
            "id_tokens": list(idTokens), "client_secrets": list(clientSecrets), "passwords": list(passwords),
            "code_verifiers": list(codeVerifiers), "states": list(states),
            "assertions": list(assertions),
        ]
    }
}
