import Accounts
import Cryptography
import HTTPClient
import JSON
import Logging
import OAuthClient
import Storage

extension TokenKeeper {
    /// Presents the refresh token, once, and stores what comes of it.
    func present(
        _ session: OAuthSessionRecord, _ key: SessionKey, _ integration: IntegrationRecord, oldIsValid: Bool,
        _ origin: Origin
    ) async throws(Refusal) -> OAuthSessionRecord {
        /// While the old access token is still valid it is served, whatever went wrong.
        func fallback(_ refusal: Refusal) throws(Refusal) -> OAuthSessionRecord {
            guard oldIsValid else { throw refusal }
            return session
        }
        let request: (endpoint: TokenEndpoint, token: SecretString, host: String)
        do throws(Refusal) { request = try prepare(session, key, integration) } catch { return try fallback(error) }
        if let wait = RefreshPolicy.pause(session, at: clock.now) {
            Measurements.refresh(integration.template, nil)
            return try fallback(refreshFailed(key.integration, "provider_unavailable", retryAfter: wait))
        }
        let gates = RefreshGates(hosts: hosts, own: circuits, host: request.host, session: session)
        if let pause = gates.enter() {
            Measurements.refresh(integration.template, nil)
            return try fallback(
                refreshFailed(key.integration, "provider_unavailable", retryAfter: pause.wait, cause: pause.cause))
        }
        let answerWasLost = session.refreshStartedAt != nil
        do throws(StoreError) {
            try await account.store.markRefresh(session, at: clock.now)
        } catch {
            gates.leave()
            if error.code == .stale { return try await winner(key) }
            logger.error("a refresh was not begun", metadata: ["account": "\(account.slug)", "error": "\(error)"])
            return try fallback(refreshFailed(key.integration, "storage_unavailable", retryAfter: 1))
        }
        steps(.refreshMarkerStored)
        let sentAt = clock.now
        let outcome = await Measurements.provider(.refresh, integration.template) {
            await request.endpoint.refresh(request.token, scope: nil, over: transport)
        }
        Measurements.refresh(integration.template, outcome)
        activity.count(outcome.isGranted ? .refreshesDone : .refreshesFailed, of: integration.guid)
        steps(.refreshAnswered)

        switch outcome {
        case .granted(let grant):
            gates.answered()
            let tokens: SealedTokens
            do {
                tokens = try sealed(grant, key: key, integration: integration, sentAt: sentAt, previous: session.tokens)
            } catch {
                throw Refusal(.internalFailure, "The tokens could not be sealed: tell the operator of this server.")
            }
            forgetFailures(key)
            let stored = try await commit(tokens, session, key, origin)
            steps(.refreshStored)
            return stored
        case .refused(let refusal) where refusal.effect == .session:
            gates.answered()
            forgetFailures(key)
            return try await rejected(
                session, key, answerWasLost: answerWasLost, reason: refusal.reason, cause: refusal.message, origin)
        case .refused(let refusal):
            if refusal.effect == .integration {
                gates.refusedClient(refusal.message)
            } else {
                gates.refusedSession(refusal.message)
            }
            await unmark(session, unless: answerWasLost)
            logger.warning(
                "a provider refuses to refresh a token: an administrator must look at it",
                metadata: metadata(key, request.host, reason: refusal.reason, cause: refusal.message))
            await noteFailing(session, refusal.reason, refusal.message, origin)
            return try fallback(
                refreshFailed(key.integration, refusal.reason, retryAfter: nil, cause: refusal.message))
        case .unavailable(let trouble) where !trouble.isOfProvider:
            // This server ends, or the account has too many calls under way: the provider is not to blame. As after a kill,
            // the mark stays if the request may have gone out.
            gates.leave()
            if !trouble.requestMayHaveBeenProcessed { await unmark(session, unless: answerWasLost) }
            return try fallback(refreshFailed(key.integration, "provider_unavailable", retryAfter: 1))
        case .unavailable(let trouble) where trouble.reason == .unexplained:
            gates.answered()
            logger.warning(
                "a provider refused a refresh and did not say why",
                metadata: metadata(key, request.host, reason: "\(trouble.reason)", cause: trouble.message))
            guard session.unexplainedAt == nil else {
                forgetFailures(key)
                return try await rejected(
                    session, key, answerWasLost: answerWasLost,
                    reason: TokenErrorCode.LoginReason.refreshTokenRejected.rawValue, cause: trouble.message, origin)
            }
            await markUnexplained(session, answerWasLost: answerWasLost)
            await noteFailing(session, "provider_unavailable", trouble.message, origin)
            return try fallback(
                refreshFailed(
                    key.integration, "provider_unavailable", retryAfter: RefreshPolicy.unexplainedPause,
                    cause: trouble.message))
        case .unavailable(let trouble):
            gates.failed(trouble)
            if !trouble.requestMayHaveBeenProcessed { await unmark(session, unless: answerWasLost) }
            logger.warning(
                "a provider gave no usable answer to a refresh",
                metadata: metadata(key, request.host, reason: "\(trouble.reason)", cause: trouble.message))
            if countFailure(key) >= Self.failuresUntilNoted || !trouble.isPassing {
                await noteFailing(session, "provider_unavailable", trouble.message, origin)
            }
            let wait = trouble.retryAfter.map(\.components.seconds) ?? 1
            return try fallback(
                refreshFailed(key.integration, "provider_unavailable", retryAfter: wait, cause: trouble.message))
        }
    }

    private func metadata(_ key: SessionKey, _ host: String, reason: String, cause: String) -> Logger.Metadata {
        [
            "account": "\(account.slug)", "integration": "\(key.integration)", "host": "\(host)", "reason": "\(reason)",
            "cause": "\(cause)",
        ]
    }

    private func prepare(
        _ session: OAuthSessionRecord, _ key: SessionKey, _ integration: IntegrationRecord
    ) throws(Refusal) -> (endpoint: TokenEndpoint, token: SecretString, host: String) {
        let (sealed, secret): ([UInt8], SecretString?)
        do throws(CryptographyError) {
            guard let bytes = session.tokens.refresh else { throw CryptographyError(.malformed) }
            sealed = bytes
            secret = try integration.sealedSecret.map { bytes throws(CryptographyError) in
                try account.vault.open(bytes, at: .clientSecret(integration.guid))
            }
        } catch {
            throw .unreadable("token", error)
        }
        let endpoint: TokenEndpoint
        do throws(Refusal) {
            let provider = try Provider(integration, policy: outbound)
            guard let url = provider.tokenEndpoint else { throw .notFound("provider") }
            let clock = clock
            endpoint = TokenEndpoint(url: url, credentials: try provider.credentials(secret: secret)) {
                clock.now.seconds
            }
        } catch {
            throw refreshFailed(key.integration, "integration_misconfigured", retryAfter: nil)
        }
        do throws(CryptographyError) {
            let token = try account.vault.open(sealed, at: .refreshToken(key.user, key.integration))
            return (endpoint, token, RefreshGates.host(endpoint.url, of: account))
        } catch {
            throw .unreadable("token", error)
        }
    }

    /// The provider says that the refresh token is worth nothing. Somebody else may have been faster: then it is no wonder.
    private func rejected(
        _ session: OAuthSessionRecord, _ key: SessionKey, answerWasLost: Bool, reason: String, cause: String,
        _ origin: Origin
    ) async throws(Refusal) -> OAuthSessionRecord {
        let found = try await attempt { () throws(StoreError) in
            try await account.store.oauthSession(user: key.user, integration: key.integration)
        }
        if let found, found.version != session.version { return try await winner(key) }
        // After a lost answer a dead token is no surprise; what else the provider wants is still to be said.
        let isLost = answerWasLost && reason == TokenErrorCode.LoginReason.refreshTokenRejected.rawValue
        throw await requireLogin(session, isLost ? "refresh_answer_lost" : reason, cause: cause, origin)
    }

    func requireLogin(
        _ session: OAuthSessionRecord, _ reason: String, cause: String? = nil, _ origin: Origin
    ) async -> Refusal {
        do throws(StoreError) {
            var details: JSONObject = ["reason": .string(reason)]
            if let cause { details["cause"] = .string(cause) }
            let event = event(.reauthorizationRequired, session, origin, details: details)
            try await account.store.requireLogin(session, reason: reason, at: clock.now, noting: event)
            if let cause {
                logger.notice(
                    "a viewer must log in again",
                    metadata: [
                        "account": "\(account.slug)", "integration": "\(session.integrationGUID)",
                        "reason": "\(reason)", "cause": "\(cause)",
                    ])
            }
        } catch {
            logger.warning(
                "a session could not be marked", metadata: ["account": "\(account.slug)", "error": "\(error)"])
        }
        return loginRequired(session.integrationGUID, reason, cause: cause)
    }

    /// What the server did by itself to a session; the origin is of the request that made it fall due.
    func event(
        _ action: EventAction, _ session: OAuthSessionRecord, _ origin: Origin,
        outcome: EventRecord.Outcome = .success, details: JSONObject = [:]
    ) -> EventRecord {
        EventRecord(
            action, outcome: outcome, at: clock.now, actor: .system, origin: origin.through(.system),
            subject: session.guid,
            integration: session.integrationGUID,
            details: (["user_guid": .string(session.userGUID.description)] as JSONObject).merging(details)
        )
    }

    /// An answer came and the refresh token is as good as before; but what an earlier lost answer did is still unknown.
    private func unmark(_ session: OAuthSessionRecord, unless answerWasLost: Bool) async {
        guard !answerWasLost else { return }
        do throws(StoreError) { try await account.store.unmarkRefresh(session) } catch {
            logger.warning("a refresh mark stays", metadata: ["account": "\(account.slug)", "error": "\(error)"])
        }
    }

    private func markUnexplained(_ session: OAuthSessionRecord, answerWasLost: Bool) async {
        do throws(StoreError) {
            try await account.store.markUnexplained(session, at: clock.now, keepingRefreshMark: answerWasLost)
        } catch {
            logger.warning(
                "an answer could not be noted", metadata: ["account": "\(account.slug)", "error": "\(error)"])
        }
    }

    func sealed(
        _ grant: TokenGrant, key: SessionKey, integration: IntegrationRecord, sentAt: Timestamp, previous: SealedTokens?
    ) throws -> SealedTokens {
        let margin = Template.named(integration.template)?.margin ?? .quarter
        // A refresh answer without a refresh token, or without a scope, leaves the one there was.
        let refresh = try grant.refreshToken.map {
            try account.vault.seal($0, at: .refreshToken(key.user, key.integration))
        }
        let lifetime = Template.lifetime(of: grant, integration)
        return SealedTokens(
            access: try account.vault.seal(grant.accessToken, at: .accessToken(key.user, key.integration)),
            refresh: refresh ?? previous?.refresh,
            expiresAt: sentAt + lifetime,
            refreshAt: RefreshPolicy.refreshAt(sentAt: sentAt, lifetime: lifetime, margin: margin),
            scope: grant.scope ?? previous?.scope
        )
    }

    func loginRequired(_ integration: GUID, _ reason: String, cause: String? = nil) -> Refusal {
        Refusal(
            .loginRequired, "The viewer must log in to the integration: send the browser to payload.login_url.",
            payload: payload(integration, reason), cause: cause
        )
    }

    /// - Parameter cause: for the log and the audit.
    func refreshFailed(_ integration: GUID, _ reason: String, retryAfter: Int64?, cause: String? = nil) -> Refusal {
        let sentence =
            reason == "integration_misconfigured"
            ? "The provider refuses this integration: an administrator must check its client and secret."
            : "The access token could not be refreshed for now: try again in a moment."
        return Refusal(
            .refreshFailed, sentence, payload: payload(integration, reason), retryAfter: retryAfter, cause: cause)
    }

    private func payload(_ integration: GUID, _ reason: String) -> JSONObject {
        [
            "integration_guid": .string(integration.description), "reason": .string(reason),
            "login_url": .string(address.login(integration)),
        ]
    }
}
