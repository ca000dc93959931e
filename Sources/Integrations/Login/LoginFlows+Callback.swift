public import Accounts
public import Cryptography
import HTTPClient
import JSON
import Logging
public import OAuthClient
import Storage

extension LoginFlows {
    /// What arrives at a callback, with what the browser brought along.
    public struct Arrival: Sendable {
        let parameters: CallbackParameters
        let path: String
        let cookieSecret: SecretString?
        let identity: BrowserIdentity?

        /// - Parameters:
        ///   - parameters: the query, strictly read.
        ///   - path: which callback it is.
        ///   - cookieSecret: the flow's cookie, where the browser has it.
        ///   - identity: who is signed in.
        public init(
            parameters: CallbackParameters, path: String, cookieSecret: SecretString?, identity: BrowserIdentity?
        ) {
            self.parameters = parameters
            self.path = path
            self.cookieSecret = cookieSecret
            self.identity = identity
        }
    }

    /// What a login came to.
    public enum Ending: Sendable {
        /// There is a session; the browser goes there, relative to the base URL.
        case loggedIn(returnPath: String)
        /// It was a test, and this is what came back.
        case tested(LoginTest)
    }

    /// Ends a login: the flow is consumed before anything is sent, and the code goes where the flow froze it to go.
    ///
    /// - Throws: `Refusal` 230 with a sentence for the viewer, and the link to try again in its payload.
    public func complete(_ arrival: Arrival) async throws(Refusal) -> Ending {
        var login = Measurements.Login()
        defer { login.count() }
        return try await complete(arrival, &login)
    }

    private func complete(_ arrival: Arrival, _ login: inout Measurements.Login) async throws(Refusal) -> Ending {
        guard let state = arrival.parameters.state else { throw Self.gone }
        let stateHash = SHA256.hash(state.reveal())
        let now = clock.now
        let consumed = try await attempt { () throws(StoreError) in
            try await account.store.consumeLoginFlow(stateHash: stateHash, at: now)
        }
        guard let flow = consumed else { throw Self.gone }
        steps(.loginFlowConsumed)
        login.isTest = flow.purpose == .test
        do throws(Refusal) {
            let ending = try await complete(arrival, flow, stateHash, &login)
            if flow.purpose == .login { activity.count(.loginsDone, of: flow.integrationGUID) }
            return ending
        } catch {
            guard flow.purpose == .login else { return .tested(try await report(error, of: flow, arrival.identity)) }
            if login.outcome != .declined { activity.count(.loginsFailed, of: flow.integrationGUID) }
            await noteFailure(of: flow, arrival.identity, login, error)
            throw error
        }
    }

    private func complete(
        _ arrival: Arrival, _ flow: LoginFlowRecord, _ stateHash: Digest, _ login: inout Measurements.Login
    ) async throws(Refusal) -> Ending {
        guard flow.redirectURI == address.base + arrival.path else {
            throw refused(flow, "it came back to another address than it was sent to", .strayed)
        }
        guard let secret = arrival.cookieSecret,
            constantTimeEquals(SHA256.hash(secret.reveal()), flow.browserHash)
        else { throw refused(flow, "it was begun in another browser", .strayed) }
        guard let identity = arrival.identity, identity.user.guid == flow.userGUID else {
            throw refused(flow, "it was begun by another user than the one who is signed in now", .strayed)
        }
        // Whoever is no administrator any more is not told what came back either.
        if flow.purpose == .test { _ = try Administrator(identity.caller) }
        try checkIssuer(of: arrival.parameters, flow)
        let integration = try await unchangedIntegration(flow)
        login.template = integration.template
        if let error = arrival.parameters.error { throw providerRefusal(error, arrival.parameters, flow, &login) }
        guard let code = arrival.parameters.code else {
            throw refused(flow, "the provider sent neither a code nor an error", .unavailable)
        }

        let sentAt = clock.now
        let grant = try await exchange(code, stateHash, flow, integration, &login)
        steps(.loginCodeAnswered)
        let claims: IDToken.Claims?
        do throws(Refusal) { claims = try checkedIdentity(grant, stateHash, flow, at: clock.now) } catch {
            // Tokens that are kept nowhere must not go on working.
            _ = await revoke(grant, of: integration, by: identity.caller)
            throw error
        }
        guard flow.purpose == .login else {
            return .tested(try await report(grant, claims, integration, by: identity.caller))
        }
        do throws(Refusal) {
            try await keeper.store(grant, integration: integration, sentAt: sentAt, by: identity.caller)
        } catch {
            _ = await revoke(grant, of: integration, by: identity.caller)
            throw error.code == .prohibitedChange
                ? refused(flow, "the integration was changed in the meantime", .changed) : error
        }
        steps(.loginSessionStored)
        login.outcome = .granted
        return .loggedIn(returnPath: flow.returnPath)
    }

    /// Says who failed to log in, by whose doing, and what the provider said.
    private func noteFailure(
        of flow: LoginFlowRecord, _ identity: BrowserIdentity?, _ login: Measurements.Login, _ refusal: Refusal
    ) async {
        let event = EventRecord(
            .loginFailed, outcome: .failure, at: clock.now, actor: identity?.caller.actor ?? .system,
            origin: identity?.origin ?? .system, subject: flow.userGUID, integration: flow.integrationGUID,
            details: ([
                "user_guid": .string(flow.userGUID.description), "reason": .string(login.outcome.rawValue),
            ] as JSONObject).merging(refusal.causeDetail))
        // The viewer is told either way; a disk that is full must not make it another answer.
        await journal.note(event)
    }

    private func unchangedIntegration(_ flow: LoginFlowRecord) async throws(Refusal) -> IntegrationRecord {
        let found = try await attempt { () throws(StoreError) in
            try await account.store.integration(flow.integrationGUID)
        }
        guard let integration = found, integration.version == flow.integrationVersion else {
            throw refused(flow, "the integration was changed in the meantime", .changed)
        }
        return integration
    }

    private func exchange(
        _ code: SecretString, _ stateHash: Digest, _ flow: LoginFlowRecord, _ integration: IntegrationRecord,
        _ login: inout Measurements.Login
    ) async throws(Refusal) -> TokenGrant {
        let endpoint: TokenEndpoint
        var verifier: SecretString?
        do {
            let provider = try Provider(integration, policy: outbound)
            let secret = try integration.sealedSecret.map {
                try account.vault.open($0, at: .clientSecret(integration.guid))
            }
            endpoint = TokenEndpoint(
                url: try OutboundURL(parsing: flow.tokenEndpoint, policy: outbound),
                credentials: try provider.credentials(secret: secret)
            ) { [clock] in clock.now.seconds }
            verifier = try flow.sealedVerifier.map { try account.vault.open($0, at: .verifier(stateHash)) }
        } catch {
            throw refused(flow, "the integration is not usable as it is configured", .unusable)
        }
        let outcome = await HostCircuit(hosts, endpoint.url, of: account).call {
            await Measurements.provider(.authorizationCode, integration.template) {
                await endpoint.exchangeCode(code, verifier: verifier, redirectURI: flow.redirectURI, over: transport)
            }
        }
        switch outcome {
        case .heldBack(let seconds, let cause):
            login.outcome = .unavailable
            throw refused(
                flow, "the provider has not answered for a while, so it is left alone for \(seconds) seconds",
                .unavailable, cause: cause)
        case .called(.granted(let grant)): return grant
        case .called(.refused(let refusal)):
            login.outcome = .refused
            noteTrouble(flow, endpoint.url, reason: refusal.kind.rawValue, cause: refusal.message)
            throw refused(
                flow, "the provider refused to give a token (\(refusal.message))", LoginFailure(refusal.kind),
                cause: refusal.message)
        case .called(.unavailable(let trouble)) where trouble.reason == .noPlace:
            login.outcome = .unavailable
            throw refused(flow, "too many calls of this account to its providers are under way: wait a moment", .own)
        case .called(.unavailable(let trouble)):
            login.outcome = .unavailable
            guard trouble.reason != .cancelled else {
                throw refused(flow, "this server was restarted before the provider had answered", .interrupted)
            }
            noteTrouble(flow, endpoint.url, reason: trouble.reason.rawValue, cause: trouble.message)
            throw refused(
                flow, "the provider could not be reached or gave no usable answer", .unavailable,
                cause: trouble.message)
        }
    }

    private func noteTrouble(_ flow: LoginFlowRecord, _ url: OutboundURL? = nil, reason: String, cause: String) {
        var metadata: Logger.Metadata = [
            "account": "\(account.slug)", "integration": "\(flow.integrationGUID)", "reason": "\(reason)",
            "cause": "\(cause)",
        ]
        if let url { metadata["host"] = "\(url.authority)" }
        logger.warning("a provider gave no token for a login", metadata: metadata)
    }

    /// RFC 9207: an `iss` must be the expected one, and be there where it was promised.
    private func checkIssuer(of parameters: CallbackParameters, _ flow: LoginFlowRecord) throws(Refusal) {
        guard let issuer = flow.issuer else {
            // An honest server that names itself answers a flow that did not ask it: somebody typed other endpoints around it.
            guard parameters.iss == nil else {
                throw refused(
                    flow, "the answer names its server (iss), and the integration does not say which to expect", .issuer
                )
            }
            return
        }
        guard let sent = parameters.iss else {
            if flow.requiresIssuer {
                throw refused(flow, "the answer does not say which server it is from (iss)", .issuer)
            }
            return
        }
        guard constantTimeEquals(sent, issuer) else {
            throw refused(flow, "the answer is from another server than asked (iss)", .issuer)
        }
    }

    /// OpenID Connect Core, section 3.1.3.7. Without a known issuer nothing in an id_token is trusted or used.
    private func checkedIdentity(
        _ grant: TokenGrant, _ stateHash: Digest, _ flow: LoginFlowRecord, at now: Timestamp
    ) throws(Refusal) -> IDToken.Claims? {
        guard let token = grant.idToken, let issuer = flow.issuer else { return nil }
        do {
            let nonce = try account.vault.open(flow.sealedNonce, at: .nonce(stateHash))
            return try IDToken.verify(
                token, issuer: issuer, clientID: flow.clientID, nonce: nonce.reveal(), now: now.seconds
            )
        } catch {
            let cause = (error as? IDTokenError)?.description
            throw refused(flow, "the provider's id_token is not for this login", .identity, cause: cause)
        }
    }

    private func providerRefusal(
        _ error: String, _ parameters: CallbackParameters, _ flow: LoginFlowRecord, _ login: inout Measurements.Login
    ) -> Refusal {
        let words = "the provider answered \(error)" + (parameters.errorDescription.map { " (\($0))" } ?? "")
        switch TokenErrorCode.loginAnswer(error) {
        case .declined:
            login.outcome = .declined
            return refused(
                flow, "the provider says that access was denied: you, or an administrator there, declined it",
                .declined, cause: words)
        case .unavailable:
            login.outcome = .unavailable
            noteTrouble(flow, reason: error, cause: words)
            return refused(flow, "the provider has a problem of its own for now", .unavailable, cause: words)
        case .refused(let kind):
            login.outcome = .refused
            noteTrouble(flow, reason: kind.rawValue, cause: words)
            return refused(flow, words, LoginFailure(kind), cause: words)
        }
    }

    /// - Parameter cause: for the log, the audit and the administrator's own test.
    private func refused(
        _ flow: LoginFlowRecord, _ why: String, _ failure: LoginFailure, cause: String? = nil
    ) -> Refusal {
        let isTest = flow.purpose == .test
        let login = "\(address.login(flow.integrationGUID))?redirect=\(ReturnPath.parameter(flow.returnPath))"
        let whoHelps = failure.isForAdministrators && !isTest ? "; an administrator can check the integration" : ""
        return Refusal(
            .loginNotPossible,
            "The \(isTest ? "test login" : "login") did not work: \(why)\(whoHelps).\(isTest ? "" : " You can try again.")",
            payload: [
                "integration_guid": .string(flow.integrationGUID.description),
                "login_url": .string(isTest ? address.base + flow.returnPath : login),
                "reason": .string(failure.rawValue),
                "return_path": .string(flow.returnPath),
            ],
            cause: cause
        )
    }

    private static let gone = Refusal(
        .loginNotPossible,
        "This login was finished already, or took too long: go back to where you came from and log in again."
    )
}

extension LoginFailure {
    /// What a refusal at the token endpoint means.
    fileprivate init(_ kind: ProviderRefusal.Kind) {
        switch kind {
        case .invalidClient: self = .client
        case .unauthorizedClient: self = .notAllowed
        case .invalidScope: self = .scope
        case .invalidGrant: self = .code
        case .viewer: self = .declined
        case .invalidRequest, .other: self = .request
        }
    }
}
