import Cryptography

/// How a client proves who it is, by the names of RFC 7591, section 2.
enum ClientMethod: String, Sendable, CaseIterable {
    case basic = "client_secret_basic"
    case post = "client_secret_post"
    case none
    case privateKeyJWT = "private_key_jwt"
}

extension TokenIssuer {
    /// RFC 6749, section 2.3. Databricks and the generic provider take Basic, the body, and no secret for public clients;
    /// the generic one takes assertions, too; Snowflake takes Basic only. Credentials in both places are refused.
    mutating func authenticate(_ request: TokenRequest) throws(OAuthRefusal) -> RegisteredClient {
        let parameters = request.parameters
        if kind == .generic, parameters["client_assertion"] != nil {
            let client = try authenticateByAssertion(request)
            return try require(.privateKeyJWT, of: client)
        }
        let (id, secret, method) = try credentials(parameters, authorization: request.authorization)
        guard kind != .snowflake || method == .basic else {
            throw OAuthRefusal(.invalidClient, "The client must authenticate with HTTP Basic")
        }
        guard let client = id.flatMap({ clients[$0] }), client.secret == secret else {
            throw OAuthRefusal(.invalidClient, "The client is unknown or its secret is wrong")
        }
        return try require(method, of: client)
    }

    private func require(
        _ method: ClientMethod, of client: RegisteredClient
    ) throws(OAuthRefusal) -> RegisteredClient {
        guard client.method.map({ $0 == method.rawValue }) ?? true else {
            throw OAuthRefusal(.invalidClient, "The client may not authenticate in this way")
        }
        // A client with keys and without a secret is no public one: nobody else may act in its name.
        guard method != .none || client.keys.isEmpty else {
            throw OAuthRefusal(.invalidClient, "The client must prove itself by an assertion")
        }
        return client
    }

    private func credentials(
        _ parameters: Form, authorization: String?
    ) throws(OAuthRefusal) -> (id: String?, secret: String?, method: ClientMethod) {
        guard let authorization else {
            let secret = parameters["client_secret"]
            return (parameters["client_id"], secret, secret == nil ? .none : .post)
        }
        guard let basic = Self.basicCredentials(authorization) else {
            throw OAuthRefusal(.invalidClient, "The Authorization header is not readable")
        }
        let repeated = parameters["client_secret"] != nil || (kind == .snowflake && parameters["client_id"] != nil)
        guard !repeated, parameters["client_id"].map({ $0 == basic.id }) ?? true else {
            throw OAuthRefusal(.invalidRequest, "The client authenticated in two ways")
        }
        return (basic.id, basic.secret, .basic)
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
