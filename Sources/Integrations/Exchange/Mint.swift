import Accounts
import Cryptography
import Storage
import Synchronization

/// Tokens that can always be had anew, so that they are kept in memory alone: of service accounts, of AWS, visitors' keys.
///
/// Whoever asks at the same time waits for one request, and what came of it serves everybody until it nears its end.
final class Mint: Sendable {
    /// A token as its source gave it.
    struct Coin: Sendable {
        let token: SecretString
        /// Counted from the moment the request was sent; nil where the source does not say.
        let expiresAt: Timestamp?
        /// When another is wanted.
        let refreshAt: Timestamp?
    }

    typealias Source = @Sendable () async -> Result<Coin, Refusal>

    /// A request that is under way. One that was sent before the integration changed says nothing to those who came after.
    private struct Job: Hashable {
        let key: SessionKey
        let version: Int64
    }

    private struct Held {
        /// The integration's version it was made with; after a change it is worth nothing.
        let version: Int64
        let token: LiveToken
    }

    private static let maximumHeld = 10_000

    private let account: OpenAccount
    private let clock: WallClock
    private let monotonic: MonotonicClock
    private let held = Mutex(TokenCache<Held>(maximumCount: Mint.maximumHeld))
    /// When another token was last asked for although the one there was not due.
    private let demands = Mutex<[SessionKey: Duration]>([:])
    private let running = Mutex<[Job: Task<Result<LiveToken, Refusal>, Never>]>([:])

    init(account: OpenAccount, clock: WallClock, monotonic: MonotonicClock) {
        self.account = account
        self.clock = clock
        self.monotonic = monotonic
    }

    /// The token of a holder, from memory or from its source.
    ///
    /// While the old one still works it is served, whatever went wrong with the new one.
    func token(
        _ key: SessionKey, version: Int64, onDemand: Bool = false, _ source: @escaping Source
    ) async throws(Refusal) -> LiveToken {
        let now = clock.now
        let old = held.withLock { $0[key] }.flatMap { $0.version == version ? $0.token : nil }
        let isDemanded = onDemand && mayDemand(key)
        if let old, !isDemanded, old.isFresh(at: now) { return old }
        let job = Job(key: key, version: version)
        let task = running.withLock { running in
            if let task = running[job] { return task }
            // A task of its own: a caller who goes away must not break off what others wait for.
            let task = Task { [self] in
                let result = await source().flatMap { keep($0, key, version: version) }
                self.running.withLock { $0[job] = nil }
                return result
            }
            running[job] = task
            return task
        }
        do throws(Refusal) { return try await task.value.get() } catch {
            guard let old, let expiresAt = old.expiresAt, now < expiresAt else { throw error }
            return old
        }
    }

    /// Lets a token go that is known to be dead, unless another has taken its place: the next who asks gets a new one.
    func forget(_ token: LiveToken, of key: SessionKey) {
        held.withLock { held in
            if held[key]?.token.sealed == token.sealed { held.forget(key) }
        }
    }

    /// Whether a token on demand is due to this holder; who asks too often gets what there is.
    private func mayDemand(_ key: SessionKey) -> Bool {
        let now = monotonic.now
        return demands.withLock { demands in
            if let last = demands[key], now < last + RefreshPolicy.demandInterval { return false }
            demands = demands.filter { now < $0.value + RefreshPolicy.demandInterval }
            demands[key] = now
            return true
        }
    }

    /// Waits for what is under way.
    func drain() async {
        for task in running.withLock({ Array($0.values) }) { _ = await task.value }
    }

    private func keep(_ coin: Coin, _ key: SessionKey, version: Int64) -> Result<LiveToken, Refusal> {
        let place = Vault.Place(
            table: "mint", column: "token", row: "\(key.user)/\(key.integration)/\(key.content?.description ?? "")")
        guard let sealed = try? account.vault.seal(coin.token, at: place) else {
            return .failure(
                Refusal(.internalFailure, "The token could not be sealed: tell the operator of this server."))
        }
        let token = LiveToken(
            sealed: sealed, additionalData: account.vault.additionalData(place), obtainedAt: clock.now,
            expiresAt: coin.expiresAt, refreshAt: coin.refreshAt)
        held.withLock { held in
            if let newer = held[key], newer.version > version { return }
            held.keep(Held(version: version, token: token), bytes: sealed.count, for: key)
        }
        return .success(token)
    }
}
