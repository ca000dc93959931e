public import Accounts
public import Cryptography
import HTTPClient
import JSON
import Logging
public import OAuthClient
public import Storage

/// The way back from the identity provider.
extension SingleSignOn {
    /// What arrives at the callback, with what the browser brought along.
    public struct Arrival: Sendable {
        let parameters: CallbackParameters
        let cookieSecret: SecretString?
        let identity: BrowserIdentity?
        let origin: Origin

        /// - Parameters:
        ///   - parameters: the query, strictly read.
        ///   - cookieSecret: the flow's cookie, where the browser has it.
        ///   - identity: who is signed in already.
        ///   - origin: from where the browser comes.
        public init(
            parameters: CallbackParameters, cookieSecret: SecretString?, identity: BrowserIdentity?, origin: Origin
        ) {
            self.parameters = parameters
            self.cookieSecret = cookieSecret
            self.identity = identity
            self.origin = origin
        }
    }

    /// What came of it.
    public enum Arrived: Sendable {
        /// Somebody is signed in, and goes to that path.
        case signedIn(SignIn, returnPath: String)
        /// An administrator's test is over, and they go to that path.
        case tested(returnPath: String)
    }

    /// Ends a sign-in: the flow is consumed before anything is sent, the code goes where the flow froze it to go, and the
    /// id_token must be signed by the issuer, for us, for this flow.
    ///
    /// - Throws: `Refusal` with a sentence for the person.
    public func complete(_ arrival: Arrival) async throws(Refusal) -> Arrived {
        guard let state = arrival.parameters.state else { throw Self.gone }
        let stateHash = SHA256.hash(state.reveal())
        let now = clock.now
        let consumed = try await attempt { () throws(StoreError) in
            try await account.store.consumeSignInFlow(stateHash: stateHash, at: now)
        }
        guard let flow = consumed else { throw Self.gone }
        guard let secret = arrival.cookieSecret, constantTimeEquals(SHA256.hash(secret.reveal()), flow.browserHash)
        else {
            throw Self.refused("it was begun in another browser")
        }
        if let tester = flow.testerGUID {
            guard let identity = arrival.identity, identity.user.guid == tester, identity.caller.role == .administrator
            else { throw Self.refused("it is a test that another administrator began") }
        }
        do throws(Refusal) {
            let (person, settings) = try await person(of: flow, stateHash, arrival.parameters)
            if flow.testerGUID != nil, let identity = arrival.identity {
                try await keepTest(person, settings, flow, identity)
                return .tested(returnPath: flow.returnPath)
            }
            return .signedIn(
                try await signIn(person, settings, version: flow.settingsVersion, from: arrival.origin),
                returnPath: flow.returnPath)
        } catch {
            // Anybody can come back with an error or a made-up code; only whom the provider gave tokens for leaves a line.
            if let cause = error.cause {
                logger.warning(
                    "a sign-in at the identity provider failed",
                    metadata: ["account": "\(account.slug)", "issuer": "\(flow.issuer)", "cause": "\(cause)"])
            }
            let isTest = flow.testerGUID != nil
            if error.payload?["reason"] != nil || isTest { await noteFailure(error, flow, arrival) }
            throw isTest ? error.explained : error
        }
    }

    /// Who came back, as far as the issuer's signature says so.
    private func person(
        of flow: SignInFlowRecord, _ stateHash: Digest, _ parameters: CallbackParameters
    ) async throws(Refusal) -> (ProviderPerson, SingleSignOnSettings) {
        // RFC 9207: an `iss` must be the expected one, and be there where it was promised.
        if let sent = parameters.iss {
            guard constantTimeEquals(sent, flow.issuer) else {
                throw Self.refused("the answer is from another server than asked (iss)")
            }
        } else if flow.requiresIssuer {
            throw Self.refused("the answer does not say which server it is from (iss)")
        }
        let record = try await stored()
        let state = flow.testerGUID == nil ? record?.live : record?.draft
        guard let state, state.version == flow.settingsVersion else {
            throw Self.refused("the settings of single sign-on were changed in the meantime")
        }
        if let error = parameters.error {
            throw error == "access_denied"
                ? Self.refused(
                    "the identity provider says that access was denied: you, or an administrator there, declined it")
                : Self.refused(
                    "the identity provider answered \(error)"
                        + (parameters.errorDescription.map { " (\($0))" } ?? ""))
        }
        guard let code = parameters.code else {
            throw Self.refused("the identity provider sent neither a code nor an error")
        }
        let settings = SingleSignOnSettings(stored: state.settings)
        let grant = try await exchange(code, stateHash, flow, state, settings)
        let statement = try await statement(grant, stateHash, flow)
        var claims = statement.all
        let subject = statement.claims.subject
        if Self.isIncomplete(claims, settings), let address = flow.userInfoEndpoint {
            // What the signature covers stands; the rest is beside it.
            claims = try await userInfo(address, grant, subject: subject).merging(claims)
        }
        return (ProviderPerson(issuer: flow.issuer, subject: subject, claims: claims), settings)
    }

    private func exchange(
        _ code: SecretString, _ stateHash: Digest, _ flow: SignInFlowRecord, _ state: SingleSignOnState,
        _ settings: SingleSignOnSettings
    ) async throws(Refusal) -> TokenGrant {
        let endpoint: TokenEndpoint
        let verifier: SecretString
        do {
            let secret = try state.sealedSecret.map { try account.vault.open($0, at: settings.secretPlace) }
            let method = ClientAuthenticationMethod(rawValue: flow.authentication) ?? .basic
            endpoint = TokenEndpoint(
                url: try OutboundURL(parsing: flow.tokenEndpoint, policy: outbound),
                credentials: ClientCredentials(clientID: flow.clientID, secret: secret, method: method)
            ) { [clock] in clock.now.seconds }
            verifier = try account.vault.open(flow.sealedVerifier, at: .signInVerifier(stateHash))
        } catch {
            throw Self.refused("single sign-on is not usable as it is configured")
        }
        let outcome = await HostCircuit(hosts, endpoint.url, of: account).call {
            await endpoint.exchangeCode(code, verifier: verifier, redirectURI: flow.redirectURI, over: transport)
        }
        switch outcome {
        case .heldBack(let seconds, let cause):
            throw Self.refused(
                "the identity provider has not answered for a while, so it is left alone for \(seconds) seconds",
                cause: cause)
        case .called(.granted(let grant)): return grant
        case .called(.refused(let refusal)):
            throw Self.refused("the identity provider refused the code (\(refusal.message))", cause: refusal.message)
        case .called(.unavailable(let trouble)) where trouble.reason == .noPlace:
            throw Self.refused("too many calls of this account are under way: wait a moment")
        case .called(.unavailable(let trouble)):
            throw Self.refused(
                "the identity provider could not be reached or gave no usable answer", cause: trouble.message)
        }
    }

    /// The id_token's statement. Keys that do not fit are fetched anew once: the provider may have changed them.
    private func statement(
        _ grant: TokenGrant, _ stateHash: Digest, _ flow: SignInFlowRecord
    ) async throws(Refusal) -> IDToken.Statement {
        guard let token = grant.idToken else {
            throw Self.refused("the identity provider sent no id_token: openid must be among the scopes")
        }
        let nonce: SecretString
        do { nonce = try account.vault.open(flow.sealedNonce, at: .signInNonce(stateHash)) } catch {
            throw Self.refused("single sign-on is not usable as it is configured")
        }
        func verify(_ keys: KeySet) throws(IDTokenError) -> IDToken.Statement {
            try IDToken.verify(
                token, signedBy: keys, issuer: flow.issuer, clientID: flow.clientID, nonce: nonce.reveal(),
                now: clock.now.seconds)
        }
        let known = try await keys { () async throws(MetadataError) in try await desk.keys(at: flow.jwksURI) }
        do throws(IDTokenError) { return try verify(known) } catch {
            guard error.code == .unknownKey || error.code == .signature else { throw Self.refused(error) }
            let newer = try await keys { () async throws(MetadataError) in
                try await desk.renewedKeys(at: flow.jwksURI)
            }
            guard let newer else { throw Self.refused(error) }
            do throws(IDTokenError) { return try verify(newer) } catch { throw Self.refused(error) }
        }
    }

    private func keys<Keys>(_ ask: () async throws(MetadataError) -> Keys) async throws(Refusal) -> Keys {
        do throws(MetadataError) { return try await ask() } catch {
            throw Self.refused("the identity provider's keys could not be fetched", cause: error.description)
        }
    }

    /// Whether something is missing that decides; some providers tell it at their UserInfo endpoint alone.
    private static func isIncomplete(_ claims: JSONObject, _ settings: SingleSignOnSettings) -> Bool {
        claims["email"] == nil
            || [settings.roleClaim, settings.groupClaim].contains {
                !$0.isEmpty && ClaimValues.texts($0, in: claims).isEmpty
            }
    }

    private func userInfo(
        _ address: String, _ grant: TokenGrant, subject: String
    ) async throws(Refusal) -> JSONObject {
        let cause: String
        do {
            let url = try OutboundURL(parsing: address, policy: outbound)
            return try await UserInfo.fetch(url, token: grant.accessToken, subject: subject, over: transport)
        } catch let error as OutboundURLError {
            cause = error.description
        } catch {
            cause = (error as? UserInfo.Failure)?.description ?? "The answer cannot be used."
        }
        // To go on without would take role and groups away that the person may well have.
        throw Self.refused("the identity provider could not be asked about you (UserInfo)", cause: cause)
    }

    /// A sign-in that came back to its browser and failed all the same: the provider, or somebody in its place, is at fault.
    private func noteFailure(_ refusal: Refusal, _ flow: SignInFlowRecord, _ arrival: Arrival) async {
        let event = EventRecord(
            .singleSignOnRefused, outcome: .failure, at: clock.now, actor: arrival.identity?.caller.actor ?? .system,
            origin: arrival.origin,
            details: ([
                "reason": refusal.payload?["reason"] ?? "failed", "issuer": .string(flow.issuer),
            ] as JSONObject).merging(refusal.causeDetail))
        // The person is told either way; a disk that is full must not make it another answer.
        await journal.note(event)
    }

    private static func refused(_ error: IDTokenError) -> Refusal {
        Refusal(
            .loginNotPossible,
            "The sign-in did not work: \(error.description) Go to the sign-in page and try again, or tell your administrator.",
            payload: ["reason": .string("id_token_\(error.code.rawValue)")], cause: error.description)
    }

    /// - Parameter cause: for the log, and for the administrator's own test.
    private static func refused(_ why: String, cause: String? = nil) -> Refusal {
        Refusal(
            .loginNotPossible,
            "The sign-in did not work: \(why). Go to the sign-in page and try again, or tell your administrator.",
            cause: cause)
    }

    private static let gone = Refusal(
        .loginNotPossible,
        "This is not the answer to a sign-in that is under way here: it was finished already, took too long, or was never "
            + "begun. Go to the sign-in page and begin there.")
}
