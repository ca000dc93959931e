import Accounts
import Logging
import Storage
import Synchronization

/// Counts what happens with the integrations of one account, hour by hour.
///
/// Counting is done in memory and costs no write: about once a minute what was counted goes to the account file in one
/// transaction, and so it does when the account closes and when the server stops. A crash loses the last minute.
public final class Activity: Sendable {
    /// From the first count until it is written.
    static let interval = Duration.seconds(60)
    /// How long hours are kept, and days.
    static let hoursKept = Duration.seconds(8 * 86400)
    static let daysKept = Duration.seconds(90 * 86400)
    /// While the disk cannot be written, counts of more integrations and hours than these are not kept.
    static let maximumWaiting = 20_000

    private struct State {
        var waiting: [ActivitySlot: ActivityCounts] = [:]
        /// Moves whenever counts go from memory to the file or back, so that who reads both sees none of them twice.
        var moves: UInt64 = 0
        var flushing: Task<Void, Never>?
        /// Sleeps until the next flush, holding nothing.
        var alarm: Task<Void, Never>?
        var isStopped = false
        /// What was read last, as long as it stands.
        var kept: Kept?
    }

    /// The sums of all integrations: some thousand lines make them, and between two flushes they are the same.
    private struct Kept {
        let moves: UInt64
        let generation: UInt64
        var totals: [TotalsKey: [ActivityTotal]]
    }

    /// Since when, and made of what.
    struct TotalsKey: Hashable {
        let span: ActivitySpan
        let start: Timestamp
    }

    /// So many are kept at once.
    private static let maximumKept = 4

    typealias Writer = @Sendable ([ActivityRecord]) async throws(StoreError) -> Void

    let account: OpenAccount
    let clock: WallClock
    private let add: Writer
    private let logger: Logger
    private let memory: ExchangeMemory
    /// nil: nothing is done in the background here, and counts wait for the end.
    private let sleeper: Sleeper?
    private let state = Mutex(State())

    /// - Parameters:
    ///   - memory: counts what it answers by itself.
    ///   - add: adds counts to those in the file, all of them or none.
    init(account: OpenAccount, world: World, memory: ExchangeMemory, add: @escaping Writer) {
        self.account = account
        self.memory = memory
        self.add = add
        clock = world.clock
        logger = world.logger
        sleeper = world.sleeper
        memory.onServed { [weak self] in self?.arm() }
    }

    deinit { state.withLock { $0.alarm?.cancel() } }

    /// Counts one.
    func count(_ kind: ActivityKind, of integration: GUID) {
        let slot = ActivitySlot(integration: integration, at: clock.now)
        state.withLock { state in
            guard state.waiting[slot] != nil || state.waiting.count < Self.maximumWaiting else { return }
            state.waiting[slot, default: ActivityCounts()][kind] += 1
        }
        arm()
    }

    /// Writes what was counted until now.
    func flush() async {
        let task = state.withLock { state in
            // One after the other, so that what was counted before this call is written when it returns.
            let earlier = state.flushing
            let task = Task { [self] in
                await earlier?.value
                await write()
            }
            state.flushing = task
            return task
        }
        await task.value
    }

    /// Writes what was counted, and writes no more by itself.
    func drain() async {
        state.withLock { state in
            state.isStopped = true
            state.alarm?.cancel()
        }
        await flush()
    }

    /// Whether there is something that is not on disk yet.
    var hasWaiting: Bool { state.withLock { !gather(&$0).isEmpty } }

    /// What is in memory still, and a number that tells whether some of it has moved to the file since.
    func waiting() async -> (counts: [ActivitySlot: ActivityCounts], moves: UInt64) {
        await state.withLock { $0.flushing }?.value
        return state.withLock { (gather(&$0), $0.moves) }
    }

    /// The sums that were kept, where nothing has moved and no integration has changed since.
    func kept(_ key: TotalsKey) -> [ActivityTotal]? {
        state.withLock { state in
            guard let kept = state.kept, kept.moves == state.moves, kept.generation == account.changes.current else {
                return nil
            }
            return kept.totals[key]
        }
    }

    /// Keeps sums that were read after `moves` and `generation` were.
    func keep(_ totals: [ActivityTotal], _ key: TotalsKey, moves: UInt64, generation: UInt64) {
        state.withLock { state in
            var kept = state.kept ?? Kept(moves: moves, generation: generation, totals: [:])
            if kept.moves != moves || kept.generation != generation || kept.totals.count >= Self.maximumKept {
                kept = Kept(moves: moves, generation: generation, totals: [:])
            }
            kept.totals[key] = totals
            state.kept = kept
        }
    }

    /// The number that `waiting` gave, by now.
    var moves: UInt64 { state.withLock { $0.moves } }

    /// Takes over what the exchanges' memory counted.
    private func gather(_ state: inout State) -> [ActivitySlot: ActivityCounts] {
        for (slot, count) in memory.takeServed() {
            state.waiting[slot, default: ActivityCounts()].exchangesServed += count
        }
        return state.waiting
    }

    private func arm() {
        guard let sleeper else { return }
        state.withLock { state in
            guard state.alarm == nil, !state.isStopped else { return }
            state.alarm = Task { [weak self] in
                await sleeper.sleep(for: Self.interval)
                guard !Task.isCancelled, let self else { return }
                self.state.withLock { $0.alarm = nil }
                await flush()
            }
        }
    }

    private func write() async {
        let counts = state.withLock { state in
            let counts = gather(&state)
            guard !counts.isEmpty else { return counts }
            state.waiting = [:]
            state.moves += 1
            return counts
        }
        guard !counts.isEmpty, !account.isGone else { return }
        let records = counts.map { ActivityRecord(integration: $0.integration, hour: $0.hour, counts: $1) }
        do throws(StoreError) { try await add(records) } catch {
            state.withLock { state in
                for (slot, counts) in counts { state.waiting[slot, default: ActivityCounts()] += counts }
                state.moves += 1
            }
            logger.warning(
                "counts wait in memory: the account file cannot be written",
                metadata: ["account": "\(account.slug)", "error": "\(error)"])
            arm()
        }
    }
}

/// An integration and an hour.
struct ActivitySlot: Hashable, Sendable {
    let integration: GUID
    private let number: Int64

    init(integration: GUID, at time: Timestamp) {
        self.integration = integration
        number = time.seconds / ActivitySpan.hour.rawValue
    }

    /// The hour's beginning.
    var hour: Timestamp { Timestamp(seconds: number * ActivitySpan.hour.rawValue) }
}
