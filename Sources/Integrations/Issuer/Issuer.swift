public import Accounts
import Cryptography
public import JSON
import OAuthClient
import Storage

/// The account as an OpenID provider: it signs short statements about who asks, for services that trust it (AWS).
///
/// Each account is an issuer of its own, with keys of its own: nothing that one account signs can pass as another's.
/// Discovery is that of OpenID Connect Discovery 1.0, keys are RFC 7517, tokens RFC 7519 signed with RS256.
public struct Issuer: Sendable {
    /// How long a statement is good; long enough for one request, and for clocks that differ a little.
    static let tokenLifetime = Duration.seconds(5 * 60)
    /// A key signs for this long, then the next one does.
    private static let keyLifetime = Duration.seconds(90 * 24 * 60 * 60)
    /// For how long verifiers may keep the keys that they have read; a key is published for longer before it signs.
    public static let cacheLifetime = Duration.seconds(60 * 60)
    /// A retired key stays published for this long: longer than any statement lives and anybody caches the keys.
    private static let retirement = Duration.seconds(7 * 24 * 60 * 60)

    let account: OpenAccount
    let clock: WallClock
    let address: PublicAddress

    /// `iss` of all it signs.
    public var identifier: String { "\(address.base)/accounts/\(account.slug)" }

    /// The discovery document.
    public var discovery: JSON {
        [
            "issuer": .string(identifier), "jwks_uri": .string("\(identifier)/oidc/jwks"),
            "response_types_supported": ["id_token"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["iss", "sub", "aud", "exp", "iat", "nbf", "jti"],
            // Required by the specification, though nobody logs in here by it: people sign in at the account's pages.
            "authorization_endpoint": .string("\(identifier)/sign-in"),
        ]
    }

    /// The public keys (RFC 7517): of the key that signs, the next one, and those that signed a while ago.
    public func keySet() async throws(Refusal) -> JSON {
        var keys = try await attempt { () throws(StoreError) in try await account.store.signingKeys() }
        if keys.isEmpty {
            // Whoever reads an empty set keeps it, and believes nothing that is signed later.
            _ = try await activeKey()
            keys = try await attempt { () throws(StoreError) in try await account.store.signingKeys() }
        }
        let limit = clock.now - Self.retirement
        let shown = keys.filter { $0.state != .retired || $0.changedAt > limit }
        return ["keys": .array(shown.map { .object($0.publicKey) })]
    }

    /// Lets the next key sign. What the old one signed can still be checked for a week.
    ///
    /// - Parameter atOnce: even if there may be verifiers that have not seen the next key yet; for a key that leaked.
    /// - Returns: the id of the key that signs from now on.
    /// - Throws: `Refusal` 229 where the next key was published a moment ago.
    public func rotate(atOnce: Bool, by admin: Administrator) async throws(Refusal) -> String {
        let known = try await attempt { () throws(StoreError) in try await account.store.signingKeys() }
        if let next = known.first(where: { $0.state == .next }), !atOnce,
            clock.now < next.changedAt + Self.cacheLifetime
        {
            throw Refusal(
                .prohibitedChange,
                "The next key was published a moment ago, and verifiers may not know it before \(next.changedAt + Self.cacheLifetime): rotate then, or at once with --now."
            )
        }
        // One that is too old is retired here and now, and not once more before.
        let active = if let active = known.first { active } else { try await activeKey() }
        return try await rotate(
            retiring: active, noting: admin.event(.signingKeyRotated, at: clock.now))
    }

    /// A signed statement about a subject, for one audience.
    func token(subject: String, audience: String, claims: JSONObject = [:]) async throws(Refusal) -> SecretString {
        let key = try await activeKey()
        let now = clock.now
        let standard: JSONObject = [
            "iss": .string(identifier), "sub": .string(subject), "aud": .string(audience),
            "iat": .integer(now.seconds), "nbf": .integer(now.seconds),
            "exp": .integer((now + Self.tokenLifetime).seconds),
            "jti": .string(Base64URL.encode(SecureRandom.bytes(16))),
        ]
        do {
            let pem = try account.vault.open(key.sealedKey, at: .signingKey(key.keyID))
            return try JWT.sign(
                claims: claims.merging(standard), key: try PrivateKey(pem: pem), keyID: key.keyID)
        } catch {
            throw Refusal(.internalFailure, "The statement could not be signed: tell the operator of this server.")
        }
    }

    private func activeKey() async throws(Refusal) -> SigningKeyRecord {
        var keys = try await attempt { () throws(StoreError) in try await account.store.signingKeys() }
        if keys.isEmpty {
            let first = [try makeKey(.active), try makeKey(.next)]
            keys = try await attempt { () throws(StoreError) in try await account.store.addFirstSigningKeys(first) }
        } else if let active = keys.first, active.changedAt + Self.keyLifetime <= clock.now {
            _ = try await rotate(
                retiring: active,
                noting: EventRecord(.signingKeyRotated, at: clock.now, actor: .system, origin: .system))
            keys = try await attempt { () throws(StoreError) in try await account.store.signingKeys() }
        }
        guard let active = keys.first, active.state == .active else {
            throw Refusal(.internalFailure, "This account has no signing key: tell the operator of this server.")
        }
        return active
    }

    /// - Parameter active: the key that is to be retired, as whoever decides so found it.
    private func rotate(
        retiring active: SigningKeyRecord, noting event: EventRecord
    ) async throws(Refusal) -> String {
        let now = clock.now
        let next = try makeKey(.next)
        try await attempt { () throws(StoreError) in
            try await account.store.rotateSigningKeys(
                retiring: active.keyID, adding: next, at: now, forgettingRetiredBefore: now - Self.retirement,
                noting: event)
        }
        let keys = try await attempt { () throws(StoreError) in try await account.store.signingKeys() }
        return keys.first?.keyID ?? ""
    }

    private func makeKey(_ state: SigningKeyRecord.State) throws(Refusal) -> SigningKeyRecord {
        do {
            // RS256, because everybody who checks OpenID tokens must know it.
            let key = try PrivateKey.generate(.rsa2048)
            let keyID = key.publicKey.thumbprint
            var members = JSONObject(key.publicKey.jwkMembers.map { ($0.name, .string($0.value)) })
            members["kid"] = .string(keyID)
            members["use"] = "sig"
            members["alg"] = .string(key.algorithm.rawValue)
            return SigningKeyRecord(
                keyID: keyID, sealedKey: try account.vault.seal(try key.pem(), at: .signingKey(keyID)),
                publicKey: members, state: state, changedAt: clock.now)
        } catch {
            throw Refusal(.internalFailure, "A signing key could not be made: tell the operator of this server.")
        }
    }
}

extension Vault.Place {
    fileprivate static func signingKey(_ keyID: String) -> Vault.Place {
        Vault.Place(table: "signing_key", column: "sealed_key", row: keyID)
    }
}
