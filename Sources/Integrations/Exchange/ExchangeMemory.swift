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
        var tokens: [SessionKey: Token] = [:]
    }

    /// Beyond this everything is forgotten and learned anew: a bound on memory, about 20 MB for an account at its limit.
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
        guard !account.isErased else { return nil }
        let token = state.withLock { state -> (live: LiveToken, type: IssuedTokenType)? in
            guard let grant = state.grants[fingerprint], grant.generation == generation, now < grant.validUntil,
                let held = state.tokens[grant.session], held.generation == generation,
                held.token.refreshAt.map({ now < $0 }) ?? true
            else { return nil }
            return (held.token, grant.type)
        }
        guard let token,
            let plain = try? account.vault.openBytes(token.live.sealed, additionalData: token.live.additionalData)
        else { return nil }
        return Exchange.Granted(token: plain, type: token.type, expiresIn: token.live.expiresIn(at: now))
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
            if state.tokens.count >= Self.maximumTokens { state.tokens.removeAll(keepingCapacity: true) }
            // Somebody who read before a refresh may come here after it.
            if let held = state.tokens[key], held.age > token.age { return }
            state.tokens[key] = token
        }
    }
}
