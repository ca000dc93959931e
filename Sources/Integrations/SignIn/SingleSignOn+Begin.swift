public import Accounts
public import Cryptography
import HTTPClient
import Logging
import OAuthClient
public import Storage

/// The way to the identity provider.
extension SingleSignOn {
    /// How long a sign-in may take.
    public static let lifetime = Duration.seconds(10 * 60)
    /// So many from one address within `AttemptLimiter.period`: more than a company behind one address begins in a morning.
    private static let maximumBeginnings = 2000

    /// What the browser is told when a sign-in begins.
    public struct Beginning: Sendable {
        /// The provider's sign-in page, with our request.
        public let location: String
        /// The name that tells this flow's cookie from those of other tabs.
        public let cookieSuffix: String
        /// What the cookie holds: it proves that the answer comes back to the browser that asked.
        public let cookieSecret: SecretString
    }

    /// The end of the name of the cookie that belongs to a `state`.
    ///
    /// An account has sixteen of them: browsers keep few cookies of one host, and one account that begins sign-ins without end
    /// would push out the sessions of all others. Of two tabs that happen upon the same one the later goes on.
    public func cookieSuffix(ofState state: SecretString) -> String {
        "\(account.fingerprint)-\(SHA256.hash(state.reveal()).hex.prefix(1))"
    }

    /// Begins a sign-in with what is in force.
    ///
    /// - Parameter issuer: where somebody else began it (OpenID Connect Core section 4), which issuer they mean.
    public func begin(returnPath: String, issuer: String?, from origin: Origin) async throws(Refusal) -> Beginning {
        let subjects = NetworkOrigin.networks(of: origin.address).map { network in
            (
                name: "sign-in begun at \(account.slug) from \(network.name)",
                maximum: Self.maximumBeginnings * network.weight
            )
        }
        for subject in subjects { try limiter.check(subject.name, maximum: subject.maximum) }
        guard let live = try await stored()?.live else {
            throw Refusal(
                .objectDoesNotExist, "There is no single sign-on in this account: sign in with email and password.")
        }
        for subject in subjects { limiter.count(subject.name) }
        let settings = SingleSignOnSettings(stored: live.settings)
        guard issuer == nil || issuer == settings.issuer else {
            throw Refusal(
                .loginNotPossible, "People of this account sign in elsewhere: go to the sign-in page and begin there.")
        }
        return try await begin(live, settings, tester: nil, returnPath: returnPath)
    }

    /// Begins a sign-in with the draft, which shows what would come of it and changes nothing.
    public func beginTest(returnPath: String, by admin: Administrator) async throws(Refusal) -> Beginning {
        guard let draft = try await stored()?.draft else { throw Self.nothingYet }
        let settings = SingleSignOnSettings(stored: draft.settings)
        return try await begin(draft, settings, tester: admin.caller.user.guid, returnPath: returnPath)
    }

    private func begin(
        _ state: SingleSignOnState, _ settings: SingleSignOnSettings, tester: GUID?, returnPath: String
    ) async throws(Refusal) -> Beginning {
        let found: (metadata: ServerMetadata, authorization: OutboundURL, jwksURI: String)
        do throws(Refusal) { found = try await usableMetadata(of: settings) } catch {
            logger.warning(
                "an identity provider cannot be asked",
                metadata: [
                    "account": "\(account.slug)", "issuer": "\(settings.issuer)", "cause": "\(error.message)",
                ])
            // Whoever signs in typed no issuer.
            throw Refusal(
                .loginNotPossible,
                "The identity provider cannot be asked for now: try again, or tell your administrator. (\(error.message))"
            )
        }
        let value = SecretString(Base64URL.encode(SecureRandom.bytes(32)))
        let stateHash = SHA256.hash(value.reveal())
        let browserSecret = SecretString(Base64URL.encode(SecureRandom.bytes(32)))
        let nonce = SecretString(Base64URL.encode(SecureRandom.bytes(24)))
        let pkce = PKCE.generate()
        let redirectURI = address.signInCallback(account.slug)
        let flow: SignInFlowRecord
        do {
            flow = SignInFlowRecord(
                stateHash: stateHash, browserHash: SHA256.hash(browserSecret.reveal()),
                settingsVersion: state.version, testerGUID: tester,
                sealedVerifier: try account.vault.seal(pkce.verifier, at: .signInVerifier(stateHash)),
                sealedNonce: try account.vault.seal(nonce, at: .signInNonce(stateHash)), issuer: settings.issuer,
                requiresIssuer: found.metadata.authorizationResponseIssParameterSupported,
                tokenEndpoint: found.metadata.tokenEndpoint.text,
                authentication: Self.authentication(found.metadata, hasSecret: state.sealedSecret != nil).rawValue,
                jwksURI: found.jwksURI, userInfoEndpoint: found.metadata.userInfoEndpoint?.text,
                clientID: settings.clientID, redirectURI: redirectURI, returnPath: returnPath,
                expiresAt: clock.now + Self.lifetime)
        } catch {
            throw Refusal(.internalFailure, "The sign-in could not be prepared: tell the operator of this server.")
        }
        try await attempt { () throws(StoreError) in try await account.store.beginSignInFlow(flow, at: clock.now) }
        let location = AuthorizationRequest.url(
            endpoint: found.authorization.text, clientID: settings.clientID, redirectURI: redirectURI,
            scopes: settings.scopes, state: value, challenge: pkce.challenge, nonce: nonce.reveal())
        return Beginning(
            location: location, cookieSuffix: cookieSuffix(ofState: value), cookieSecret: browserSecret)
    }

    /// Whether somebody is connected with the provider that is in force, where they are still signed in after a sign-out here.
    public func knows(_ user: GUID) async throws(Refusal) -> Bool {
        guard let live = try await stored()?.live else { return false }
        return try await identity(of: user, at: SingleSignOnSettings(stored: live.settings).issuer) != nil
    }

    /// Where a browser goes that signs out at the provider too; nil where that has no such place. No id_token is sent, for none
    /// is kept: the provider may ask whether the person means it.
    public func signOutAddress() async throws(Refusal) -> (label: String, location: String)? {
        guard let live = try await stored()?.live else { return nil }
        let settings = SingleSignOnSettings(stored: live.settings)
        // A provider that cannot be asked must not keep anybody from signing out here.
        guard let metadata = try? await desk.metadata(of: settings.issuer), let end = metadata.endSessionEndpoint else {
            return nil
        }
        let query = FormEncoding.encodeQuery([
            (name: "client_id", value: settings.clientID),
            ("post_logout_redirect_uri", address.signInPage(account.slug)),
        ])
        return (settings.label, end.text + (end.query == nil ? "?" : "&") + query)
    }
}

extension Vault.Place {
    static func signInVerifier(_ state: Digest) -> Vault.Place {
        Vault.Place(table: "sign_in_flow", column: "sealed_verifier", row: state.hex)
    }

    static func signInNonce(_ state: Digest) -> Vault.Place {
        Vault.Place(table: "sign_in_flow", column: "sealed_nonce", row: state.hex)
    }
}
