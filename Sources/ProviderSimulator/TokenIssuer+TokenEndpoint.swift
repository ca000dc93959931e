/// What arrived at the token endpoint.
struct TokenRequest: Sendable {
    let parameters: Form
    /// The `Authorization` header.
    let authorization: String?
    /// Scheme, host and port the client used.
    let origin: String
}

extension TokenIssuer {
    /// One token request from arrival to answer: client authentication, then the grant. It is one indivisible step.
    mutating func answer(_ request: TokenRequest) throws(OAuthRefusal) -> Grant {
        let grantType = request.parameters["grant_type"]
        do throws(OAuthRefusal) {
            guard !request.parameters.hasDuplicates else {
                throw OAuthRefusal(.invalidRequest, "A parameter was given twice")
            }
            // The assertion says who the client is, so none authenticates besides.
            if grantType == Self.assertionGrantType, kind == .generic { return try redeemAssertion(request) }
            let client = try authenticate(request)
            return try grant(grantType, request, client)
        } catch {
            if error.code == .invalidClient {
                counters.count(.clientsRefused)
            } else if grantType == "refresh_token" {
                counters.count(.refreshRefused)
            } else if grantType == "authorization_code" {
                counters.count(.codeRefused)
            } else if grantType == "client_credentials" {
                counters.count(.clientCredentialsRefused)
            } else if grantType == Self.assertionGrantType {
                counters.count(.assertionRefused)
            }
            throw error
        }
    }

    private mutating func grant(
        _ grantType: String?, _ request: TokenRequest, _ client: RegisteredClient
    ) throws(OAuthRefusal) -> Grant {
        let parameters = request.parameters
        switch (grantType, kind) {
        case ("authorization_code", _):
            guard let code = parameters["code"] else { throw OAuthRefusal(.invalidRequest, "code is missing") }
            return try redeem(
                code: code, client: client, redirectURI: parameters["redirect_uri"],
                verifier: parameters["code_verifier"], origin: request.origin)
        case ("refresh_token", _):
            guard let token = parameters["refresh_token"] else {
                throw OAuthRefusal(.invalidRequest, "refresh_token is missing")
            }
            return try refresh(
                token: token, client: client, scopes: parameters["scope"].map(Self.scopes(in:)),
                origin: request.origin)
        case ("client_credentials", .databricks), ("client_credentials", .generic):
            return try clientCredentials(request, client)
        case (nil, _):
            throw OAuthRefusal(.invalidRequest, "grant_type is missing")
        default:
            throw OAuthRefusal(.unsupportedGrantType, "This grant type is not supported")
        }
    }

    /// A client acting as itself (RFC 6749, section 4.4). Databricks wants to be told the scope.
    private mutating func clientCredentials(
        _ request: TokenRequest, _ client: RegisteredClient
    ) throws(OAuthRefusal) -> Grant {
        guard client.secret != nil || !client.keys.isEmpty else {
            throw OAuthRefusal(.unauthorizedClient, "A public client cannot act as itself")
        }
        let scopes = request.parameters["scope"].map(Self.scopes(in:)) ?? []
        guard kind != .databricks || scopes.contains("all-apis") else {
            throw OAuthRefusal(.invalidScope, "scope must be all-apis")
        }
        if let allowed = client.allowedScopes, !allowed.isSuperset(of: scopes) {
            throw OAuthRefusal(.invalidScope, "The client may not ask for one of these scopes")
        }
        counters.count(.clientCredentialsGrants)
        return issueToClient(client, scopes: scopes, origin: request.origin)
    }
}
