public import Accounts
public import Cryptography
import OAuthClient
public import Storage

/// Session token in, the viewer's own access token out (RFC 8693).
public struct Exchange: Sendable {
    /// An access token to hand out.
    public struct Granted: Sendable {
        /// The token's bytes; visible ASCII.
        public let token: [UInt8]
        /// The seconds it has left; nil where the provider did not say.
        public let expiresIn: Int64?

        /// A token with the seconds it has left.
        public init(token: [UInt8], expiresIn: Int64?) {
            self.token = token
            self.expiresIn = expiresIn
        }
    }

    let account: OpenAccount
    let clock: WallClock
    let signer: SessionToken.Signer
    let keeper: TokenKeeper
    let memory: ExchangeMemory

    /// The answer from memory; nil where the request has to be judged. Neither waits nor reads.
    ///
    /// - Parameters:
    ///   - key: the API key's bytes.
    ///   - form: the body's bytes.
    public func recall(key: UnsafeRawBufferPointer, form: UnsafeRawBufferPointer) -> Granted? {
        memory.recall(ExchangeMemory.fingerprint(authorization: key, body: form))
            .map { Granted(token: $0.token, expiresIn: $0.expiresIn) }
    }

    /// Judges an exchange and refreshes the access token where that is due.
    ///
    /// - Parameters:
    ///   - key: who calls.
    ///   - form: the body.
    ///   - onDemand: the caller found the token it has to be dead and wants another (`Cache-Control: no-cache`).
    public func perform(
        key: SecretString, form: [UInt8], onDemand: Bool, from origin: Origin
    ) async throws(Refusal) -> Granted {
        guard !account.isErased else { throw .notFound("account") }
        let now = clock.now
        // Read before the facts are: if anything changes after, what is remembered below counts as out of date.
        let generation = account.changes.current
        let request = try ExchangeRequest(form: form)
        let token = try verify(request, at: now)
        let facts = try await attempt { () throws(StoreError) in
            try await account.store.exchangeFacts(
                keyHash: SHA256.hash(key.reveal()), user: token.userGUID, content: token.contentGUID
            )
        }
        let caller = try People.judge(facts.caller, from: origin, at: now)
        let integration = try judge(request, facts, caller)
        guard let session = facts.sessions.first(where: { $0.integrationGUID == integration.guid }) else {
            throw keeper.loginRequired(integration.guid, "not_logged_in")
        }
        let fresh = try await keeper.fresh(session, integration, onDemand: onDemand, from: caller.origin)
        let live = LiveToken(fresh, vault: account.vault)
        let plain: [UInt8]
        do throws(CryptographyError) {
            plain = try account.vault.openBytes(live.sealed, additionalData: live.additionalData)
        } catch {
            throw Refusal(.accountUnavailable, "A stored token cannot be opened: tell the operator of this server.")
        }
        remember(
            request, key: key, form: form, fresh, until: earlier(token.expiresAt, facts.caller?.key.expiresAt),
            generation)
        return Granted(token: plain, expiresIn: live.expiresIn(at: clock.now))
    }

    private func verify(_ request: ExchangeRequest, at now: Timestamp) throws(Refusal) -> SessionToken {
        let token: SessionToken
        do throws(SessionToken.Failure) {
            token = try signer.verify(request.subjectToken, at: now)
        } catch {
            switch error {
            case .otherServer:
                throw Refusal(
                    .issuedByAnotherServer,
                    "subject_token was issued by another server: send the token of this request.")
            case .tooOld:
                throw invalid(request, "subject_token is older than 24 hours: send the token of a new request.")
            case .notGenuine: throw invalid(request, "subject_token is not a token of this account: send it unchanged.")
            }
        }
        guard token.kind == request.kind else {
            throw invalid(request, "subject_token is of another kind than subject_token_type says.")
        }
        return token
    }

    private func invalid(_ request: ExchangeRequest, _ sentence: String) -> Refusal {
        .invalid("subject_token", sentence, code: request.kind == .content ? .contentSessionToken : .subjectToken)
    }

    private func judge(
        _ request: ExchangeRequest, _ facts: ExchangeFacts, _ caller: Caller
    ) throws(Refusal) -> IntegrationRecord {
        guard let content = facts.content else { throw .notFound("content") }
        guard Contents.mayEdit(content, caller, permissions: facts.permissions) else {
            throw Refusal(.permissionDenied, "This API key may not act for the content that subject_token names.")
        }
        guard !facts.associations.isEmpty else {
            throw Refusal(.noAssociation, "This content uses no integration: attach one to it first.")
        }
        let chosen: IntegrationRecord
        if let audience = request.audience {
            guard let found = facts.associations.first(where: { $0.integration.guid == audience }) else {
                throw ExchangeRequest.unknownAudience
            }
            chosen = found.integration
        } else {
            guard facts.associations.count == 1, let only = facts.associations.first else {
                throw Refusal(
                    .audienceMissing, "This content uses several integrations: say which one in audience.",
                    field: "audience"
                )
            }
            chosen = only.integration
        }
        guard request.kind == .user else {
            throw Refusal(
                .contentTokenNotSupported,
                "This is a Viewer integration: exchange a user session token, not the content's own."
            )
        }
        guard let viewer = facts.viewer, !viewer.isLocked else {
            throw Refusal(.viewerUnknown, "The viewer that subject_token names is unknown or locked.")
        }
        guard Contents.mayOpen(content, viewer, permissions: facts.permissions) else {
            throw Refusal(.permissionDenied, "The viewer may not open this content any more.")
        }
        return chosen
    }

    private func remember(
        _ request: ExchangeRequest, key: SecretString, form: [UInt8], _ session: OAuthSessionRecord, until: Timestamp,
        _ generation: UInt64
    ) {
        // A session in trouble (its last refresh failed) is judged each time, so that it recovers as soon as it can.
        guard session.tokens.refreshAt.map({ clock.now < $0 }) ?? true else { return }
        let fingerprint = key.withUnsafeBytes { key in
            form.withUnsafeBytes { ExchangeMemory.fingerprint(authorization: key, body: $0) }
        }
        memory.remember(session, generation: generation)
        memory.remember(
            fingerprint, session: SessionKey(user: session.userGUID, integration: session.integrationGUID),
            validUntil: until,
            generation: generation
        )
    }

    private func earlier(_ one: Timestamp, _ other: Timestamp?) -> Timestamp { other.map { min(one, $0) } ?? one }
}
