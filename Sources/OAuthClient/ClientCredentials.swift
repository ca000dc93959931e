public import Cryptography

/// How a client proves who it is at the token endpoint (RFC 6749 section 2.3, RFC 7591 section 2 for the names).
public enum ClientAuthenticationMethod: String, Sendable, Hashable, CaseIterable {
    /// `client_secret_basic`: in the Authorization header, and not again in the body.
    case basic = "client_secret_basic"
    /// `client_secret_post`: in the body.
    case post = "client_secret_post"
    /// `private_key_jwt`: by an assertion signed for this request alone (RFC 7523 section 2.2); no secret is sent.
    case privateKeyJWT = "private_key_jwt"
    /// `none`: a public client names itself in the body and proves nothing; PKCE protects it.
    case none = "none"
}

/// A client's name at one authorization server, with its secret or its private key.
public struct ClientCredentials: Sendable {
    /// The `client_id`.
    public let clientID: String
    /// The `client_secret`; nil for a public client, and for one with a private key.
    public let secret: SecretString?
    /// How the client proves itself.
    public let method: ClientAuthenticationMethod
    /// What signs the assertions of ``ClientAuthenticationMethod/privateKeyJWT``; nil for every other method.
    let key: SigningKey?

    /// A private key and what goes with it into an assertion.
    struct SigningKey: Sendable {
        let privateKey: PrivateKey
        /// `kid`.
        let keyID: String?
        /// `aud`; nil is the endpoint that is asked.
        let audience: String?
    }

    /// No authentication, not even an id: for a grant whose assertion says who asks (RFC 7523 section 2.1), such as
    /// that of Google's service accounts.
    public static let absent = ClientCredentials(clientID: "", secret: nil, method: .none)

    /// Credentials with a secret. Without one the method is ``ClientAuthenticationMethod/none``, whatever was asked
    /// for; so it is for ``ClientAuthenticationMethod/privateKeyJWT``, which a secret cannot serve.
    public init(clientID: String, secret: SecretString?, method: ClientAuthenticationMethod) {
        let isUsed = secret != nil && method != .privateKeyJWT
        self.clientID = clientID
        self.secret = isUsed && method != .none ? secret : nil
        self.method = isUsed ? method : .none
        self.key = nil
    }

    /// Credentials with a private key.
    ///
    /// - Parameters:
    ///   - keyID: the name under which the server knows the public half; nil where it has only one.
    ///   - audience: what assertions name as their `aud`. nil is the URL of the endpoint that is asked, which is right
    ///     at a token endpoint; at a revocation endpoint most servers want the token endpoint's URL.
    public init(clientID: String, privateKey: PrivateKey, keyID: String? = nil, audience: String? = nil) {
        self.clientID = clientID
        self.secret = nil
        self.method = .privateKeyJWT
        self.key = SigningKey(privateKey: privateKey, keyID: keyID, audience: audience)
    }
}
