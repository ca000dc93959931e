public import Accounts
import Logging
import Storage
import Synchronization

/// What an account has done in the background: events taken to webhooks, tokens revoked at providers.
///
/// One task at most, which ends when nothing is left that is due soon. While it runs it holds its tenant, so that the
/// account is not opened a second time beside it.
public final class Errands: Sendable {
    /// So many deliveries of an account are under way at once.
    static let maximumDeliveries = 4
    /// So many of one webhook: a receiver that hangs does not hold up the others.
    static let maximumPerWebhook = 2
    /// So many revocations of an account are under way at once.
    static let maximumRevocations = 2
    /// Where the next is due later than this, the account may close in the meantime.
    private static let patience = Duration.seconds(60)
    /// After the account file could not be written nothing is sent for so long: it could not be marked as sent.
    private static let pauseAfterFailure = Duration.seconds(30)

    private struct State {
        var task: Task<Void, Never>?
        var isStopped = false
        var underway: Set<Job.ID> = []
        /// Ended since the last look began: what was read may still show them as due.
        var ended: Set<Job.ID> = []
        /// Somebody rang; what is due is to be read again.
        var hasNews = false
        var waiter: CheckedContinuation<Void, Never>?
        /// Sleeps until the next is due, holding nothing.
        var alarm: Task<Void, Never>?
    }

    /// One thing to do.
    enum Job: Sendable {
        case delivery(DeliveryRecord, WebhookRecord)
        case revocation(RevocationRecord)

        enum ID: Hashable {
            case delivery(Int64, webhook: GUID)
            case revocation(Int64)

            var webhook: GUID? { if case .delivery(_, let webhook) = self { webhook } else { nil } }
        }

        var id: ID {
            switch self {
            case .delivery(let delivery, let webhook): .delivery(delivery.id, webhook: webhook.guid)
            case .revocation(let revocation): .revocation(revocation.id)
            }
        }
    }

    let account: OpenAccount
    let clock: WallClock
    let deliveries: Deliveries
    let revocations: Revocations
    let logger: Logger
    private let queues: QueueDepths
    /// nil: nothing is done here, for another process will.
    private let sleeper: Sleeper?
    private let state = Mutex(State())
    private let holder = Mutex<Weak>(Weak())

    private struct Weak { weak var tenant: Tenant? }

    init(account: OpenAccount, world: World) {
        self.account = account
        clock = world.clock
        deliveries = Deliveries(
            account: account, clock: world.clock, outbound: world.outbound, transport: world.transport,
            backoff: Deliveries.backoff)
        revocations = Revocations(
            account: account, clock: world.clock, outbound: world.outbound, transport: world.transport,
            backoff: Revocations.backoff)
        logger = world.logger
        queues = world.queues
        sleeper = world.sleeper
    }

    deinit { state.withLock { $0.alarm?.cancel() } }

    /// Begins to listen to what is queued. `tenant` is held while there is something to do.
    func attach(to tenant: Tenant) {
        holder.withLock { $0.tenant = tenant }
        account.onQueued { [weak self] in self?.wake() }
    }

    /// Looks at what is due, now.
    public func wake() {
        guard sleeper != nil else { return }
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.isStopped else { return nil }
            state.hasNews = true
            state.alarm?.cancel()
            state.alarm = nil
            if state.task == nil, let tenant = holder.withLock({ $0.tenant }) {
                state.task = Task { [self] in await run(holding: tenant) }
            }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Whether there is a task; for tests.
    var isRunning: Bool { state.withLock { $0.task != nil } }

    /// Drops what is kept long enough: ended deliveries, counts, and lines of the audit.
    public func tidy(_ audit: Audit) async {
        do {
            let now = clock.now
            try await account.store.pruneDeliveries(
                deliveredBefore: now - Deliveries.deliveredKept, deadBefore: now - Deliveries.deadKept)
            try await account.store.pruneActivity(
                hoursBefore: now - Activity.hoursKept, daysBefore: now - Activity.daysKept)
            try await audit.prune()
        } catch {
            logger.warning(
                "an account could not be tidied", metadata: ["account": "\(account.slug)", "error": "\(error)"])
        }
    }

    /// Stops: what is under way with other servers is broken off, and stays queued.
    func drain() async {
        let (task, waiter) = state.withLock { state in
            state.isStopped = true
            state.alarm?.cancel()
            defer { state.waiter = nil }
            return (state.task, state.waiter)
        }
        task?.cancel()
        waiter?.resume()
        await task?.value
    }
}

extension Errands {
    private func run(holding tenant: Tenant) async {
        await withDiscardingTaskGroup { group in
            while let plan = await look() {
                for job in claim(plan) {
                    group.addTask { [self] in
                        await perform(job)
                        finish(job)
                    }
                }
                guard await rest(until: plan.nextDue) else { break }
            }
        }
        withExtendedLifetime(tenant) {}
    }

    /// What there is to do; nil: stop. While the file cannot be read nothing can be done about it.
    private func look() async -> ErrandPlan? {
        let isStopped = state.withLock { state in
            state.hasNews = false
            state.ended = []
            return state.isStopped || account.isGone
        }
        guard !isStopped else {
            if account.isGone { report(0, 0) }
            end()
            return nil
        }
        do throws(StoreError) {
            // As many as can be under way are in the answer once more.
            let plan = try await account.store.errands(at: clock.now, limit: Self.maximumDeliveries * 2)
            report(plan.deliveryCount, plan.revocationCount)
            return plan
        } catch {
            logger.warning(
                "what is due in the background could not be read",
                metadata: ["account": "\(account.slug)", "error": "\(error)"])
            end()
            return nil
        }
    }

    private func report(_ deliveries: Int, _ revocations: Int) {
        queues.set(deliveries, of: .webhooks, in: account.fingerprint)
        queues.set(revocations, of: .revocations, in: account.fingerprint)
    }

    private func end() { state.withLock { $0.task = nil } }

    /// Takes what may begin now.
    private func claim(_ plan: ErrandPlan) -> [Job] {
        let jobs =
            plan.deliveries.map { Job.delivery($0.delivery, $0.webhook) } + plan.revocations.map { .revocation($0) }
        return state.withLock { state in
            jobs.filter { job in
                guard !state.underway.contains(job.id), !state.ended.contains(job.id),
                    Self.isFree(for: job.id, beside: state.underway)
                else { return false }
                state.underway.insert(job.id)
                return true
            }
        }
    }

    private static func isFree(for job: Job.ID, beside underway: Set<Job.ID>) -> Bool {
        guard let webhook = job.webhook else { return underway.count { $0.webhook == nil } < maximumRevocations }
        return underway.count { $0.webhook != nil } < maximumDeliveries
            && underway.count { $0.webhook == webhook } < maximumPerWebhook
    }

    private func finish(_ job: Job) {
        let waiter = state.withLock { state in
            state.underway.remove(job.id)
            state.ended.insert(job.id)
            state.hasNews = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Waits until something rings, or the next is due; false: the task is over.
    private func rest(until due: Timestamp?) async -> Bool {
        let wait = due.map { max(.zero, $0 - clock.now) }
        let goesOn = state.withLock { state in
            if state.hasNews || !state.underway.isEmpty { return true }
            guard !state.isStopped, let wait, wait <= Self.patience else {
                // From here on the next ring begins a new task.
                state.task = nil
                if let wait, !state.isStopped { state.alarm = alarm(after: wait) }
                return false
            }
            return true
        }
        guard goesOn else { return false }
        let timer = wait.map { alarm(after: $0) }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard !state.hasNews, !state.isStopped else { return true }
                state.waiter = continuation
                return false
            }
            if isOver { continuation.resume() }
        }
        timer?.cancel()
        return true
    }

    /// Rings after a while, unless the account has been closed by then: then the next round finds what is due.
    private func alarm(after wait: Duration) -> Task<Void, Never> {
        Task { [weak self, sleeper] in
            await sleeper?.sleep(for: wait)
            guard !Task.isCancelled else { return }
            self?.wake()
        }
    }

    private func perform(_ job: Job) async {
        do throws(StoreError) {
            switch job {
            case .delivery(let delivery, let webhook): try await perform(delivery, webhook)
            case .revocation(let revocation): try await perform(revocation)
            }
        } catch {
            logger.error(
                "what was done in the background could not be stored; it will be done again",
                metadata: ["account": "\(account.slug)", "error": "\(error)"])
            await sleeper?.sleep(for: Self.pauseAfterFailure)
        }
    }

    private func perform(_ delivery: DeliveryRecord, _ webhook: WebhookRecord) async throws(StoreError) {
        guard let attempt = await deliveries.attempt(delivery, webhook) else { return }
        let events = deliveries.events(attempt, delivery)
        try await uncancelled { [account] () throws(StoreError) in
            try await account.store.finishAttempt(attempt, of: delivery, noting: events)
        }
    }

    private func perform(_ revocation: RevocationRecord) async throws(StoreError) {
        let verdict = await revocations.attempt(revocation)
        try await uncancelled { [account, revocations] () throws(StoreError) in
            let (store, id) = (account.store, revocation.id)
            switch verdict {
            case .done: try await store.endRevocation(id, noting: revocations.event(revocation, .success))
            case .refreshTokenDone: try await store.dropRefreshToken(of: id)
            case .again(let time): try await store.postponeRevocation(id, until: time)
            case .over(let outcome, let reason):
                try await store.endRevocation(id, noting: revocations.event(revocation, outcome, reason: reason))
            case .none: return
            }
        }
    }

    /// A shutdown breaks off what waits for others, not what writes down how it went.
    private func uncancelled(_ body: @escaping @Sendable () async throws(StoreError) -> Void) async throws(StoreError) {
        let result = await Task { () async -> Result<Void, StoreError> in
            do throws(StoreError) { return .success(try await body()) } catch { return .failure(error) }
        }.value
        try result.get()
    }
}
