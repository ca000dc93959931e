public import JSON

/// A key with which the account signs the tokens that it issues as an OpenID provider.
public struct SigningKeyRecord: Sendable, Equatable {
    /// How far a key is in its life.
    public enum State: String, Sendable {
        /// Published, so that everybody has seen it before it signs.
        case next
        /// Signs.
        case active
        /// Signs no more; published as long as something that it signed may be checked.
        case retired
    }

    /// What a token's header names it by (`kid`).
    public let keyID: String
    /// The private key, sealed.
    public let sealedKey: [UInt8]
    /// The public key as a JWK (RFC 7517), with its `kid`.
    public let publicKey: JSONObject
    /// How far it is in its life.
    public var state: State
    /// Since when it is in that state.
    public var changedAt: Timestamp

    /// A key with these values.
    public init(keyID: String, sealedKey: [UInt8], publicKey: JSONObject, state: State, changedAt: Timestamp) {
        self.keyID = keyID
        self.sealedKey = sealedKey
        self.publicKey = publicKey
        self.state = state
        self.changedAt = changedAt
    }
}
