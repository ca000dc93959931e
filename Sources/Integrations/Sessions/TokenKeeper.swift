import Accounts
import Cryptography
import HTTPClient
import JSON
import Logging
import OAuthClient
import Storage
import Synchronization

/// Keeps the tokens of one account fresh: exactly one provider call per expired session, however many wait for it.
final class TokenKeeper: Sendable {
    typealias Refresh = Task<Result<OAuthSessionRecord, Refusal>, Never>

    let account: OpenAccount
    let clock: WallClock
    let monotonic: MonotonicClock
    let address: PublicAddress
    let outbound: OutboundPolicy
    let transport: any HTTPTransport
    /// One circuit per provider host and account.
    let hosts: CircuitBreaker
    /// Those of this account's integrations and sessions: what failed is not tried again with the next request already.
    let circuits: CircuitBreaker
    let steps: StepObserver
    let logger: Logger
    let activity: Activity

    private let refreshes = Mutex<[SessionKey: Refresh]>([:])
    /// Tokens that a provider gave and the disk did not take: they are stored before anything else is tried.
    private let unstored = Mutex<[SessionKey: Unstored]>([:])

    /// Tokens that wait for the disk, and the state of the session that they follow.
    private struct Unstored {
        let tokens: SealedTokens
        let session: GUID
        let version: Int64
    }

    /// How often in a row each session's refresh got no usable answer.
    let failures = Mutex<[SessionKey: Int]>([:])
    /// When a refresh was last asked for although the token was not due.
    private let demands = Mutex<[SessionKey: Duration]>([:])
    private let observer: @Sendable (OAuthSessionRecord, _ generation: UInt64) -> Void

    /// - Parameter observer: told of every session that was stored, with the change count read before it was.
    init(
        account: OpenAccount, world: World, activity: Activity,
        observer: @escaping @Sendable (OAuthSessionRecord, _ generation: UInt64) -> Void
    ) {
        self.account = account
        self.activity = activity
        clock = world.clock
        monotonic = world.monotonic
        address = world.address
        outbound = world.outbound
        transport = world.transport
        hosts = world.hosts
        circuits = CircuitBreaker(threshold: 1, clock: world.monotonic)
        steps = world.steps
        logger = world.logger
        self.observer = observer
    }

    /// Stores what a login gave.
    func store(
        _ grant: TokenGrant, integration: IntegrationRecord, sentAt: Timestamp, by caller: Caller
    ) async throws(Refusal) {
        let user = caller.user.guid
        let key = SessionKey(user: user, integration: integration.guid)
        let generation = account.changes.current
        let tokens: SealedTokens
        do { tokens = try sealed(grant, key: key, integration: integration, sentAt: sentAt, previous: nil) } catch {
            throw Refusal(.internalFailure, "The tokens could not be sealed: tell the operator of this server.")
        }
        let guid = account.makeGUID()
        let event = caller.note(
            .sessionCreated, at: clock.now, subject: guid, integration: integration.guid,
            details: [
                "user_guid": .string(user.description), "has_refresh_token": .bool(tokens.refresh != nil),
                "scope": tokens.scope.map(JSON.string) ?? .null,
            ]
        )
        let session = try await attempt { () throws(StoreError) in
            try await account.store.commitLogin(
                guid, user: user, integration: integration.guid, integrationVersion: integration.version,
                tokens: tokens, at: clock.now, noting: event
            )
        }
        unstored.withLock { $0[key] = nil }
        forgetFailures(key)
        circuits.succeed("session \(session.guid)")
        observer(session, generation)
    }

    /// The session with an access token that may be handed out.
    ///
    /// - Throws: `Refusal` 219 where that is not possible for now, 220 where the viewer must log in again.
    func fresh(
        _ session: OAuthSessionRecord, _ integration: IntegrationRecord, onDemand: Bool, from origin: Origin
    ) async throws(Refusal) -> OAuthSessionRecord {
        if let reason = session.needsLogin { throw loginRequired(integration.guid, reason) }
        let key = SessionKey(user: session.userGUID, integration: session.integrationGUID)
        let isDemanded = onDemand && mayDemand(key)
        let isNeeded = RefreshPolicy.decide(session, at: clock.now, isDemanded: isDemanded) != .serve
        let refresh = refreshes.withLock { running -> Refresh? in
            // Who found the token dead waits for the refresh that somebody else has asked for.
            if let task = running[key], isNeeded || onDemand { return task }
            guard isNeeded else { return nil }
            // A task of its own: a caller who goes away must not break off what others wait for.
            let task = Refresh { [self] in
                let result = await renew(key, integration, isDemanded: isDemanded, origin)
                refreshes.withLock { $0[key] = nil }
                return result
            }
            running[key] = task
            return task
        }
        // The refresh that was asked for a moment ago may have been stored since this session was read.
        guard let refresh else { return onDemand ? try await winner(key) : session }
        return try await refresh.value.get()
    }

    /// Whether a refresh on demand is due to this session; who asks too often gets what there is.
    private func mayDemand(_ key: SessionKey) -> Bool {
        let now = monotonic.now
        return demands.withLock { demands in
            if let last = demands[key], now < last + RefreshPolicy.demandInterval { return false }
            demands = demands.filter { now < $0.value + RefreshPolicy.demandInterval }
            demands[key] = now
            return true
        }
    }

    /// Waits for the refreshes that are under way, so that a shutdown loses no token.
    func drain() async {
        for task in refreshes.withLock({ Array($0.values) }) { _ = await task.value }
    }

    private func renew(
        _ key: SessionKey, _ integration: IntegrationRecord, isDemanded: Bool, _ origin: Origin
    ) async -> Result<OAuthSessionRecord, Refusal> {
        do throws(Refusal) {
            let found = try await attempt { () throws(StoreError) in
                try await account.store.oauthSession(user: key.user, integration: key.integration)
            }
            guard let session = found else { throw loginRequired(key.integration, "not_logged_in") }
            if let reason = session.needsLogin { throw loginRequired(key.integration, reason) }
            if let kept = unstored.withLock({ $0.removeValue(forKey: key) }), kept.session == session.guid,
                kept.version == session.version
            {
                return .success(try await commit(kept.tokens, session, key, origin))
            }
            // Whoever came first may have done it all while this one waited for its turn.
            switch RefreshPolicy.decide(session, at: clock.now, isDemanded: isDemanded) {
            case .serve: return .success(session)
            case .over: throw await requireLogin(session, "access_token_expired", origin)
            case .refresh(let oldIsValid):
                return .success(try await present(session, key, integration, oldIsValid: oldIsValid, origin))
            }
        } catch {
            return .failure(error)
        }
    }

    func commit(
        _ tokens: SealedTokens, _ session: OAuthSessionRecord, _ key: SessionKey, _ origin: Origin
    ) async throws(Refusal) -> OAuthSessionRecord {
        let generation = account.changes.current
        do throws(StoreError) {
            let event = event(.sessionRefreshed, session, origin)
            let stored = try await account.store.commitRefresh(
                session, tokens: tokens, at: clock.now, noting: event)
            observer(stored, generation)
            return stored
        } catch {
            guard error.code == .stale else {
                // The provider has taken the old refresh token; only here are the new ones. They wait for the disk.
                let kept = Unstored(tokens: tokens, session: session.guid, version: session.version)
                unstored.withLock { $0[key] = kept }
                logger.error(
                    "refreshed tokens could not be stored",
                    metadata: ["account": "\(account.slug)", "error": "\(error)"])
                throw refreshFailed(key.integration, "storage_unavailable", retryAfter: 1)
            }
            return try await winner(key)
        }
    }

    /// What another writer stored.
    func winner(_ key: SessionKey) async throws(Refusal) -> OAuthSessionRecord {
        let generation = account.changes.current
        let found = try await attempt { () throws(StoreError) in
            try await account.store.oauthSession(user: key.user, integration: key.integration)
        }
        guard let session = found else { throw loginRequired(key.integration, "not_logged_in") }
        if let reason = session.needsLogin { throw loginRequired(key.integration, reason) }
        observer(session, generation)
        return session
    }
}
