public import Cryptography

/// How a client proves who it is at the token endpoint (RFC 6749 section 2.3, RFC 7591 section 2 for the names).
public enum ClientAuthenticationMethod: String, Sendable, Hashable, CaseIterable {
    /// `client_secret_basic`: in the Authorization header, and not again in the body.
    case basic = "client_secret_basic"
    /// `client_secret_post`: in the body.
    case post = "client_secret_post"
    /// `none`: a public client names itself in the body and proves nothing; PKCE protects it.
    case none = "none"
}

/// A client's name at one authorization server, with its secret.
public struct ClientCredentials: Sendable {
    /// The `client_id`.
    public let clientID: String
    /// The `client_secret`; nil for a public client.
    public let secret: SecretString?
    /// How the two are sent.
    public let method: ClientAuthenticationMethod

    /// Credentials. Without a secret the method is ``ClientAuthenticationMethod/none``, whatever was asked for.
    public init(clientID: String, secret: SecretString?, method: ClientAuthenticationMethod) {
        self.clientID = clientID
        self.secret = method == .none ? nil : secret
        self.method = secret == nil ? .none : method
    }

    /// The header and the parameters that authenticate a request.
    ///
    /// For Basic, id and secret are form-encoded first (RFC 6749 section 2.3.1): a secret with `:` or `%` in it would
    /// otherwise be read as something else.
    func authentication() -> (headers: [(name: String, value: String)], parameters: [(name: String, value: String)]) {
        switch (method, secret) {
        case (.basic, let secret?):
            let pair = FormEncoding.encode(clientID) + ":" + FormEncoding.encode(secret.reveal())
            return ([("Authorization", "Basic " + Base64.encode([UInt8](pair.utf8)))], [])
        case (.post, let secret?):
            return ([], [("client_id", clientID), ("client_secret", secret.reveal())])
        default:
            return ([], [("client_id", clientID)])
        }
    }
}
