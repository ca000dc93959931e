public import Accounts
public import Cryptography
import JSON
public import Storage

/// Session token in, what acts for the viewer (or for the content itself) out (RFC 8693).
public struct Exchange: Sendable {
    /// Something to hand out.
    public struct Granted: Sendable {
        /// The token's bytes; visible ASCII.
        public let token: [UInt8]
        /// What it is.
        public let type: IssuedTokenType
        /// The seconds it has left; nil where the provider did not say.
        public let expiresIn: Int64?

        /// A token with the seconds it has left.
        public init(token: [UInt8], type: IssuedTokenType, expiresIn: Int64?) {
            self.token = token
            self.type = type
            self.expiresIn = expiresIn
        }
    }

    /// How often a request is judged again because the account changed meanwhile. Only the first time is a provider slow.
    private static let maximumRounds = 8

    let account: OpenAccount
    let clock: WallClock
    let signer: SessionToken.Signer
    let sources: TokenSources
    let memory: ExchangeMemory
    let journal: Journal
    let activity: Activity

    /// The answer from memory; nil where the request has to be judged. Neither waits nor reads.
    ///
    /// - Parameters:
    ///   - key: the API key's bytes.
    ///   - form: the body's bytes.
    public func recall(key: UnsafeRawBufferPointer, form: UnsafeRawBufferPointer) -> Granted? {
        memory.recall(ExchangeMemory.fingerprint(authorization: key, body: form))
    }

    /// Judges an exchange and gets a fresh token where that is due.
    ///
    /// - Parameters:
    ///   - key: who calls.
    ///   - form: the body.
    ///   - onDemand: the caller found the token it has to be dead and wants another (`Cache-Control: no-cache`).
    public func perform(
        key: SecretString, form: [UInt8], onDemand: Bool, from origin: Origin
    ) async throws(Refusal) -> Granted {
        guard !account.isErased else { throw .notFound("account") }
        let request = try ExchangeRequest(form: form)
        let token = try verify(request, at: clock.now)
        for round in 0..<Self.maximumRounds {
            // Read before the facts are: if anything changes after, what is remembered below counts as out of date.
            let generation = account.changes.current
            let facts = try await attempt { () throws(StoreError) in
                try await account.store.exchangeFacts(
                    keyHash: SHA256.hash(key.reveal()), user: token.userGUID, content: token.contentGUID
                )
            }
            let caller = try People.judge(facts.caller, from: origin, at: clock.now)
            do throws(Refusal) {
                let entitlement = try judge(request, token, facts, caller)
                let answer = try await sources.token(
                    entitlement, facts, onDemand: onDemand && round == 0, from: caller.origin)
                // Rights may have been taken away while the provider was asked: they are judged again, and the token that
                // is there by now is not asked for again.
                guard account.changes.current == generation else { continue }
                let granted = Granted(
                    token: try open(answer.token), type: entitlement.type,
                    expiresIn: answer.token.expiresIn(at: clock.now))
                activity.count(.exchangesServed, of: entitlement.integration.guid)
                await journal.note(issued(entitlement, granted, caller))
                remember(
                    answer, entitlement.type, key: key, form: form,
                    until: earlier(token.expiresAt, facts.caller?.key.expiresAt), generation)
                return granted
            } catch {
                let integration = asked(request, facts)
                if let integration {
                    activity.count(error.isFailure ? .exchangesFailed : .exchangesRefused, of: integration)
                }
                await journal.noteOnce(refused(error, token, integration, caller), code: Int64(error.code.rawValue))
                throw error
            }
        }
        throw Refusal(
            .accountUnavailable, "The rights in this account are being changed: ask again in a second.", retryAfter: 1)
    }

    private func open(_ token: LiveToken) throws(Refusal) -> [UInt8] {
        do throws(CryptographyError) {
            return try account.vault.openBytes(token.sealed, additionalData: token.additionalData)
        } catch {
            throw .unreadable("token", error)
        }
    }

    private func remember(
        _ answer: TokenSources.Answer, _ type: IssuedTokenType, key: SecretString, form: [UInt8], until: Timestamp,
        _ generation: UInt64
    ) {
        // What is in trouble (its last refresh failed) is judged each time, so that it recovers as soon as it can.
        guard answer.token.isFresh(at: clock.now) else { return }
        let fingerprint = key.withUnsafeBytes { key in
            form.withUnsafeBytes { ExchangeMemory.fingerprint(authorization: key, body: $0) }
        }
        if let session = answer.session {
            memory.remember(session, generation: generation)
        } else {
            memory.remember(answer.token, of: answer.key, generation: generation)
        }
        memory.remember(fingerprint, session: answer.key, type: type, validUntil: until, generation: generation)
    }

    private func earlier(_ one: Timestamp, _ other: Timestamp?) -> Timestamp { other.map { min(one, $0) } ?? one }

    /// The integration that is asked for, where the content uses it: anything can be sent as an audience.
    private func asked(_ request: ExchangeRequest, _ facts: ExchangeFacts) -> GUID? {
        let integrations = facts.associations.map(\.integration.guid)
        guard let audience = request.audience else { return integrations.count == 1 ? integrations.first : nil }
        return integrations.first { $0 == audience }
    }

    private func issued(_ entitlement: Entitlement, _ granted: Granted, _ caller: Caller) -> EventRecord {
        caller.note(
            .credentialsIssued, at: clock.now, subject: entitlement.viewer?.guid, content: entitlement.content.guid,
            integration: entitlement.integration.guid,
            details: [
                "type": .string(entitlement.type.rawValue),
                "expires_in": granted.expiresIn.map(JSON.integer) ?? .null,
            ])
    }

    private func refused(
        _ refusal: Refusal, _ token: SessionToken, _ integration: GUID?, _ caller: Caller
    ) -> EventRecord {
        caller.note(
            .credentialsRefused, .refused, at: clock.now,
            subject: token.kind == .user ? token.userGUID : nil, content: token.contentGUID,
            integration: integration,
            details: ([
                "code": .integer(Int64(refusal.code.rawValue)), "reason": refusal.payload?["reason"] ?? .null,
            ] as JSONObject).merging(refusal.causeDetail))
    }
}
