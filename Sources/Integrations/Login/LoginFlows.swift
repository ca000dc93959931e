public import Accounts
public import Cryptography
import HTTPClient
import Logging
import OAuthClient
public import Storage

/// The authorization-code round trip of one account's viewers (RFC 6749 with PKCE, RFC 9207, RFC 9700).
public struct LoginFlows: Sendable {
    /// How long a flow may take.
    public static let lifetime = Duration.seconds(10 * 60)

    let account: OpenAccount
    let clock: WallClock
    let address: PublicAddress
    let outbound: OutboundPolicy
    let transport: any HTTPTransport
    let hosts: CircuitBreaker
    let keeper: TokenKeeper
    let activity: Activity
    let journal: Journal
    let steps: StepObserver
    let logger: Logger

    /// What the browser is told when a flow begins.
    public struct Beginning: Sendable {
        /// The provider's login page, with our request.
        public let location: String
        /// The name that tells this flow's cookie from those of other tabs.
        public let cookieSuffix: String
        /// What the cookie holds: it proves that the answer comes back to the browser that asked.
        public let cookieSecret: SecretString
    }

    /// The account that a `state` names; nil for what has not the form of one.
    public static func tenant(ofState state: String) -> TenantFingerprint? {
        guard state.utf8.count == TenantFingerprint.textLength + 1 + 43 else { return nil }
        return Array(state.utf8.prefix(TenantFingerprint.textLength)).withUnsafeBytes { TenantFingerprint(hex: $0) }
    }

    /// The end of the name of the cookie that belongs to a `state`.
    public static func cookieSuffix(ofState state: String) -> String { String(SHA256.hash(state).hex.prefix(12)) }

    /// Begins a login: everything that the callback will need is frozen on disk before the browser leaves.
    public func begin(_ guid: GUID, for identity: BrowserIdentity, returnPath: String) async throws(Refusal)
        -> Beginning
    {
        try await begin(guid, for: identity, returnPath: returnPath, purpose: .login)
    }

    func begin(
        _ guid: GUID, for identity: BrowserIdentity, returnPath: String, purpose: LoginFlowRecord.Purpose
    ) async throws(Refusal) -> Beginning {
        let found = try await attempt { () throws(StoreError) in try await account.store.integration(guid) }
        guard let integration = found else { throw .notFound("integration") }
        let provider = try Provider(integration, policy: outbound)
        guard let front = provider.authorizationEndpoint, let back = provider.tokenEndpoint else {
            throw Refusal(
                .loginNotPossible,
                "Nobody logs in to \(integration.name): its auth_type is \(integration.authType), and content uses it as it is."
            )
        }
        let now = clock.now
        let state = SecretString("\(account.fingerprint).\(Base64URL.encode(SecureRandom.bytes(32)))")
        let stateHash = SHA256.hash(state.reveal())
        let browserSecret = SecretString(Base64URL.encode(SecureRandom.bytes(32)))
        let pkce = provider.usesPKCE ? PKCE.generate() : nil
        let nonce = SecretString(Base64URL.encode(SecureRandom.bytes(24)))
        let redirectURI = address.redirectURI(of: guid, provider)
        let flow: LoginFlowRecord
        do {
            flow = LoginFlowRecord(
                stateHash: stateHash, browserHash: SHA256.hash(browserSecret.reveal()), integrationGUID: guid,
                integrationVersion: integration.version, userGUID: identity.user.guid,
                sealedVerifier: try pkce.map { try account.vault.seal($0.verifier, at: .verifier(stateHash)) },
                sealedNonce: try account.vault.seal(nonce, at: .nonce(stateHash)), issuer: provider.issuer,
                requiresIssuer: provider.requiresIssuer, tokenEndpoint: back.text,
                clientID: provider.clientID, redirectURI: redirectURI, returnPath: returnPath,
                expiresAt: now + Self.lifetime, purpose: purpose
            )
        } catch {
            throw Refusal(.internalFailure, "The login could not be prepared: tell the operator of this server.")
        }
        try await attempt { () throws(StoreError) in try await account.store.beginLoginFlow(flow, at: now) }
        steps(.loginFlowStored)
        let location = AuthorizationRequest.url(
            endpoint: front, clientID: provider.clientID, redirectURI: redirectURI,
            scopes: provider.scopes, state: state, challenge: pkce?.challenge,
            nonce: provider.asksForIdentity ? nonce.reveal() : nil,
            additional: provider.additionalAuthorizationParameters
        )
        return Beginning(
            location: location, cookieSuffix: Self.cookieSuffix(ofState: state.reveal()), cookieSecret: browserSecret
        )
    }
}

extension Vault.Place {
    static func verifier(_ state: Digest) -> Vault.Place {
        Vault.Place(table: "login_flow", column: "sealed_verifier", row: state.hex)
    }

    static func nonce(_ state: Digest) -> Vault.Place {
        Vault.Place(table: "login_flow", column: "sealed_nonce", row: state.hex)
    }
}
