import Cryptography
import Storage
import Synchronization

/// What memory knows of exchanges that were judged before: the hot path, without a read, a parse or another account's lock.
///
/// A request is recognised by the SHA-256 of its key and body. What was judged about it holds as long as nothing that
/// decides who may do what has changed in the account (`ChangeCounter`), the session token lives, and the access token is
/// not yet due for a refresh. Tokens stay sealed; the plain one exists for the length of an answer.
final class ExchangeMemory: Sendable {
    private struct Grant {
        let generation: UInt64
        let session: SessionKey
        let type: IssuedTokenType
        let validUntil: Timestamp
    }

    private struct Token {
        let generation: UInt64
        /// Orders what is said of one session: later rows and later versions win.
        let age: (id: Int64, version: Int64)
        let token: LiveToken
    }

    private struct State {
        var grants: [Digest: Grant] = [:]
        var tokens = TokenCache<Token>(maximumCount: ExchangeMemory.maximumTokens)
        /// What was answered since it was last asked for.
        var served: [ActivitySlot: Int64] = [:]
        var listener: (@Sendable () -> Void)?
    }

    /// Beyond this everything is forgotten and learned anew: a bound on memory, about 20 MB for an account at its limit, more where tokens are long.
    private static let maximumGrants = 20_000
    private static let maximumTokens = 10_000

    private let account: OpenAccount
    private let clock: WallClock
    private let state = Mutex(State())

    init(account: OpenAccount, clock: WallClock) {
        self.account = account
        self.clock = clock
    }

    static func fingerprint(authorization: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer) -> Digest {
        // The length keeps key and body apart; no other pair of them gives the same bytes.
        withUnsafeBytes(of: UInt64(authorization.count)) { SHA256.hash(parts: [$0, authorization, body]) }
    }

    /// The access token and the seconds it has left, where this very request was granted before; nil: judge it.
    func recall(_ fingerprint: Digest) -> Exchange.Granted? {
        let now = clock.now
        let generation = account.changes.current
        guard !account.isGone else { return nil }
        typealias Found = (live: LiveToken, type: IssuedTokenType, listener: (@Sendable () -> Void)?)
        let found = state.withLock { state -> Found? in
            guard let grant = state.grants[fingerprint], grant.generation == generation, now < grant.validUntil,
                let held = state.tokens[grant.session], held.generation == generation,
                held.token.isFresh(at: now)
            else { return nil }
            // Counted under the lock that is held anyway, before the token is opened: one that does not open is damaged.
            let listener = state.served.isEmpty ? state.listener : nil
            state.served[ActivitySlot(integration: grant.session.integration, at: now), default: 0] += 1
            return (held.token, grant.type, listener)
        }
        guard let found else { return nil }
        found.listener?()
        guard let plain = try? account.vault.openBytes(found.live.sealed, additionalData: found.live.additionalData)
        else { return nil }
        return Exchange.Granted(token: plain, type: found.type, expiresIn: found.live.expiresIn(at: now))
    }

    /// Has a closure called, outside of any lock, with the first answer after each `takeServed`.
    func onServed(_ listener: @escaping @Sendable () -> Void) { state.withLock { $0.listener = listener } }

    /// What was answered since the last time, by integration and hour.
    func takeServed() -> [ActivitySlot: Int64] {
        state.withLock { state in
            defer { state.served = [:] }
            return state.served
        }
    }

    /// Remembers a grant that was judged on what was read after `generation` was.
    func remember(
        _ fingerprint: Digest, session: SessionKey, type: IssuedTokenType, validUntil: Timestamp, generation: UInt64
    ) {
        state.withLock { state in
            if state.grants.count >= Self.maximumGrants { state.grants.removeAll(keepingCapacity: true) }
            state.grants[fingerprint] = Grant(
                generation: generation, session: session, type: type, validUntil: validUntil)
        }
    }

    /// Remembers the tokens of a session that was read or stored after `generation` was read.
    func remember(_ session: OAuthSessionRecord, generation: UInt64) {
        remember(
            LiveToken(session, vault: account.vault),
            of: SessionKey(user: session.userGUID, integration: session.integrationGUID),
            age: (session.id, session.version), generation: generation)
    }

    /// Remembers a token that has no session: the later it ends, the newer it is.
    func remember(_ token: LiveToken, of key: SessionKey, generation: UInt64) {
        remember(token, of: key, age: (0, (token.expiresAt ?? clock.now).seconds), generation: generation)
    }

    private func remember(
        _ live: LiveToken, of key: SessionKey, age: (id: Int64, version: Int64), generation: UInt64
    ) {
        let token = Token(generation: generation, age: age, token: live)
        state.withLock { state in
            // Somebody who read before a refresh may come here after it.
            if let held = state.tokens[key], held.age > token.age { return }
            state.tokens.keep(token, bytes: live.sealed.count, for: key)
        }
    }
}
