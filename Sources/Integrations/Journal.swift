import JSON
import Logging
import Storage
import Synchronization

/// Writes audit lines for what changes nothing in the account: credentials that were handed out or refused.
///
/// Whoever notes something waits until it is on disk, together with all that was noted at the same time. Where the disk
/// cannot be written, the lines wait in memory for the next attempt, and nobody is refused for it. What waits when the
/// account closes goes to the backlog, from which the account's next journal takes it.
final class Journal: Sendable {
    private struct State {
        var waiting: [EventRecord] = []
        /// Lines for which there was no room while the disk could not be written.
        var dropped = 0
        var writing: Task<Void, Never>?
        /// Sleeps until the next attempt, holding nothing.
        var alarm: Task<Void, Never>?
        /// When the same thing was noted last, for what a program may repeat many times a second.
        var noted: [Repetition: Timestamp] = [:]
    }

    private struct Repetition: Hashable {
        let action: EventAction
        let actor: GUID?
        let subject: GUID?
        let content: GUID?
        let integration: GUID?
        let code: Int64?
    }

    /// The same refusal is noted again after this.
    private static let repetition = Duration.seconds(5 * 60)
    static let maximumWaiting = 10_000
    /// After an attempt that failed.
    static let pause = Duration.seconds(10)

    typealias Writer = @Sendable ([EventRecord]) async throws(StoreError) -> Void

    private let write: Writer
    private let clock: WallClock
    private let logger: Logger
    private let account: TenantFingerprint
    private let backlog: AuditBacklog
    private let isErased: @Sendable () -> Bool
    /// nil: nothing is done in the background here, and lines wait for the next one or for the end.
    private let sleeper: Sleeper?
    private let state = Mutex(State())

    /// - Parameters:
    ///   - isErased: whether the account was erased. Then its lines are nobody's.
    ///   - write: adds lines to the audit, all of them or none.
    init(
        account: TenantFingerprint, clock: WallClock, logger: Logger, backlog: AuditBacklog, sleeper: Sleeper?,
        isErased: @escaping @Sendable () -> Bool = { false }, write: @escaping Writer
    ) {
        self.isErased = isErased
        self.write = write
        self.account = account
        self.clock = clock
        self.logger = logger
        self.backlog = backlog
        self.sleeper = sleeper
    }

    deinit {
        let (waiting, dropped) = state.withLock { state in
            state.alarm?.cancel()
            return (state.waiting, state.dropped)
        }
        if !isErased() { backlog.put(.init(waiting: waiting, dropped: dropped), of: account) }
    }

    /// Whether there is something that is not on disk yet.
    var hasWaiting: Bool { state.withLock { !$0.waiting.isEmpty || $0.dropped > 0 } }

    /// Adds a line, and waits for the disk.
    func note(_ event: EventRecord) async { await add(event).value }

    /// Adds a line and does not wait: for an answer whose time must not tell that there was something to write.
    func noteLater(_ event: EventRecord) { _ = add(event) }

    private func add(_ event: EventRecord) -> Task<Void, Never> {
        state.withLock { state in
            if state.waiting.count < Self.maximumWaiting {
                state.waiting.append(event)
            } else {
                state.dropped += 1
            }
            return writer(&state)
        }
    }

    /// Adds a line unless the same was noted a moment ago.
    func noteOnce(_ event: EventRecord, code: Int64?) async {
        let now = clock.now
        let key = Repetition(
            action: event.action, actor: event.actor.guid, subject: event.subject, content: event.content,
            integration: event.integration, code: code)
        let isNew = state.withLock { state in
            if let last = state.noted[key], now < last + Self.repetition { return false }
            if state.noted.count >= Self.maximumWaiting {
                state.noted = state.noted.filter { now < $0.value + Self.repetition }
                // Still full of what is new: forgotten, or each that follows would cost a look at all.
                if state.noted.count >= Self.maximumWaiting { state.noted.removeAll(keepingCapacity: true) }
            }
            state.noted[key] = now
            return true
        }
        if isNew { await note(event) }
    }

    /// Waits until what was noted is on disk, or cannot be for now.
    func flush() async { await state.withLock { writer(&$0) }.value }

    /// The one task that writes: two would write the same lines.
    private func writer(_ state: inout State) -> Task<Void, Never> {
        if let writing = state.writing { return writing }
        let writing = Task { [self] in await writeWaiting() }
        state.writing = writing
        return writing
    }

    /// Writes what waits, until nothing does.
    private func writeWaiting() async {
        if let earlier = backlog.take(account) {
            state.withLock { state in
                state.waiting = earlier.waiting + state.waiting
                state.dropped += earlier.dropped
            }
        }
        while true {
            let batch = state.withLock { state in
                // The backlog may have dropped lines although no other line waits.
                if state.waiting.isEmpty, state.dropped > 0 { noteMissing(&state) }
                if state.waiting.isEmpty { state.writing = nil }
                return state.waiting
            }
            guard !batch.isEmpty else { return }
            do throws(StoreError) { try await write(batch) } catch {
                state.withLock { state in
                    state.writing = nil
                    arm(&state)
                }
                logger.error(
                    "audit lines wait in memory: the account file cannot be written",
                    metadata: ["waiting": "\(batch.count)", "error": "\(error)"])
                return
            }
            state.withLock { state in
                state.waiting.removeFirst(batch.count)
                if state.dropped > 0 { noteMissing(&state) }
            }
        }
    }

    /// The audit says itself that it is not whole.
    private func noteMissing(_ state: inout State) {
        state.waiting.append(
            EventRecord(
                .auditLinesMissing, outcome: .failure, at: clock.now, actor: .system, origin: .system,
                details: ["count": .integer(Int64(state.dropped))]))
        state.dropped = 0
    }

    /// Tries again after a pause.
    private func arm(_ state: inout State) {
        guard let sleeper, state.alarm == nil else { return }
        state.alarm = Task { [weak self] in
            await sleeper.sleep(for: Self.pause)
            guard !Task.isCancelled, let self else { return }
            self.state.withLock { $0.alarm = nil }
            await flush()
        }
    }
}
