public import Cryptography

/// A proof key (RFC 7636), always with S256: the plain method would put the verifier into the browser's address bar.
public struct PKCE: Sendable {
    /// 43 characters from 256 random bits; kept until the code is exchanged.
    public let verifier: SecretString
    /// What the authorization request carries: the verifier's SHA-256 in base64url.
    public let challenge: String

    /// The only method used.
    public static let method = "S256"

    /// A new key.
    public static func generate() -> PKCE {
        PKCE(verifier: SecretString(Base64URL.encode(SecureRandom.bytes(32))))
    }

    /// The key of a verifier that was stored.
    public init(verifier: SecretString) {
        self.verifier = verifier
        self.challenge = Base64URL.encode(verifier.withUnsafeBytes { SHA256.hash($0) })
    }
}
