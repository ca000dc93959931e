import Cryptography

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
            let client = try authenticate(request)
            return try grant(grantType, request, client)
        } catch {
            if error.code == .invalidClient {
                counters.count(.clientsRefused)
            } else if grantType == "refresh_token" {
                counters.count(.refreshRefused)
            } else if grantType == "authorization_code" {
                counters.count(.codeRefused)
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
        case ("client_credentials", .databricks):
            guard client.secret != nil else {
                throw OAuthRefusal(.unauthorizedClient, "A public client cannot act as itself")
            }
            let scopes = parameters["scope"].map(Self.scopes(in:)) ?? ["all-apis"]
            if let allowed = client.allowedScopes, !allowed.isSuperset(of: scopes) {
                throw OAuthRefusal(.invalidScope, "The client may not ask for one of these scopes")
            }
            return clientCredentials(client: client, scopes: scopes, origin: request.origin)
        case (nil, _):
            throw OAuthRefusal(.invalidRequest, "grant_type is missing")
        default:
            throw OAuthRefusal(.unsupportedGrantType, "This grant type is not supported")
        }
    }

    /// RFC 6749, section 2.3. Databricks takes Basic, the body, and no secret for public clients; Snowflake takes
    /// Basic only. Credentials in both places are refused.
    private func authenticate(_ request: TokenRequest) throws(OAuthRefusal) -> RegisteredClient {
        let parameters = request.parameters
        let id: String?
        let secret: String?
        if let authorization = request.authorization {
            guard let basic = Self.basicCredentials(authorization) else {
                throw OAuthRefusal(.invalidClient, "The Authorization header is not readable")
            }
            let repeated = parameters["client_secret"] != nil || (kind == .snowflake && parameters["client_id"] != nil)
            guard !repeated, parameters["client_id"].map({ $0 == basic.id }) ?? true else {
                throw OAuthRefusal(.invalidRequest, "The client authenticated in two ways")
            }
            (id, secret) = basic
        } else {
            guard kind == .databricks else {
                throw OAuthRefusal(.invalidClient, "The client must authenticate with HTTP Basic")
            }
            (id, secret) = (parameters["client_id"], parameters["client_secret"])
        }
        guard let client = id.flatMap({ clients[$0] }), client.secret == secret else {
            throw OAuthRefusal(.invalidClient, "The client is unknown or its secret is wrong")
        }
        return client
    }

    /// Id and secret are form-encoded before base64 (RFC 6749, section 2.3.1).
    private static func basicCredentials(_ header: String) -> (id: String, secret: String?)? {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic", let bytes = Base64.decode(String(parts[1])) else {
            return nil
        }
        let halves = bytes.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2, let id = Form.decode(halves[0]), let secret = Form.decode(halves[1]) else {
            return nil
        }
        return (id, secret.isEmpty ? nil : secret)
    }
}
