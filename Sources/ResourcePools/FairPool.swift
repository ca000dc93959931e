import Synchronization

/// Hands out the places of a shared resource (connections, threads, uploads) so that no holder takes them from the others.
///
/// A holder is whoever the work is done for: an account, or an address where no account is known yet. Each has a share of
/// the places. Work beyond the share, or beyond what is free, waits in the holder's own queue; free places go to the
/// waiting holders in turn, and within a holder to its senders in turn. Where a queue is full, the last of whoever has the
/// most waiting in it is refused. There is no pool without a share.
public final class FairPool: Sendable {
    /// How many places there are, and for whom.
    public struct Limits: Sendable {
        /// Places in all.
        public let total: Int
        /// Places of one holder.
        public let share: Int
        /// Places for one subject (a provider's host) over all holders; nil where work has no subject.
        public let perSubject: Int?
        /// How many of one holder may wait; more are refused at once.
        public let queue: Int
        /// The last free places, which only a holder without any gets: a few that each use their whole share leave some.
        public var reserve: Int { total / 4 }

        /// How many may wait in all; beyond it, one of each holder, and others in place of those of the longest queue. A
        /// waiting caller holds a connection and its body.
        public var waiting: Int { queue * 4 }

        /// Limits. A share is never larger than the total.
        public init(total: Int, share: Int, perSubject: Int? = nil, queue: Int) {
            self.total = max(1, total)
            self.share = max(1, min(share, total))
            self.perSubject = perSubject.map { max(1, $0) }
            self.queue = max(0, queue)
        }
    }

    /// Why there is no place.
    public enum Failure: Error, Sendable {
        /// The holder's queue is full, or that of all, and nobody in it has more waiting.
        case queueIsFull
        /// None was free for as long as the caller wanted to wait.
        case waitedTooLong
        /// The work was begun and did not end in time; it still holds its place.
        case abandoned
        /// The caller's task was cancelled.
        case cancelled
    }

    /// A place that is held. It is free again when `leave` is called, or when nobody has the value any more.
    public final class Place: Sendable {
        private let leaving: @Sendable () -> Void
        private let isLeft = Atomic<Bool>(false)

        fileprivate init(_ leaving: @escaping @Sendable () -> Void) { self.leaving = leaving }

        /// Gives the place back; a second call does nothing.
        public func leave() {
            if !isLeft.exchange(true, ordering: .acquiringAndReleasing) { leaving() }
        }

        deinit { leave() }
    }

    /// How full the pool is.
    public struct Usage: Sendable, Equatable {
        /// Places that are held.
        public let held: Int
        /// How many wait, over all holders.
        public let waiting: Int
    }

    private typealias Outcome = Result<Place, Failure>

    private struct Waiter {
        let id: UInt64
        let sender: String
        let subject: String?
        let continuation: CheckedContinuation<Outcome, Never>
    }

    private struct State {
        var held = 0
        var heldBy: [String: Int] = [:]
        var heldFor: [String: Int] = [:]
        var queues: [String: FairQueue<Waiter>] = [:]
        var waiting = 0
        /// The holders that wait, the one whose turn it is first.
        var turns: [String] = []
        var nextID: UInt64 = 0
        /// Callers on their way into the queue, with the reason where one has stopped waiting before it got there.
        var arriving: [UInt64: Failure?] = [:]

        mutating func add(_ waiter: Waiter, _ holder: String) {
            if queues[holder] == nil { turns.append(holder) }
            waiting += 1
            queues[holder, default: FairQueue()].add(waiter, of: waiter.sender)
        }

        /// Takes one out of a holder's queue.
        mutating func leaveQueue(_ holder: String, _ take: (inout FairQueue<Waiter>) -> Waiter) -> Waiter? {
            guard var queue = queues[holder] else { return nil }
            let waiter = take(&queue)
            waiting -= 1
            queues[holder] = queue.count == 0 ? nil : queue
            if queue.count == 0 { turns.removeAll { $0 == holder } }
            return waiter
        }

        mutating func removeLast(of holder: String) -> Waiter? {
            leaveQueue(holder) { $0.remove($0.count - 1) }
        }
    }

    /// What the pool is of, for metrics and documents.
    public let name: String
    /// How many places there are.
    public let limits: Limits
    private let state = Mutex(State())

    /// A pool with all places free.
    public init(_ name: String, _ limits: Limits) {
        self.name = name
        self.limits = limits
    }

    /// How full the pool is now.
    public var usage: Usage {
        state.withLock { Usage(held: $0.held, waiting: $0.waiting) }
    }

    /// A place if one is free now.
    public func tryEnter(_ holder: String, subject: String? = nil) -> Place? {
        state.withLock { state in
            guard state.queues[holder] == nil, isFree(holder, subject, in: state) else { return nil }
            return take(holder, subject, in: &state)
        }
    }

    /// A place, as soon as it is this holder's turn.
    ///
    /// - Parameters:
    ///   - holder: whom the work is done for.
    ///   - sender: who of the holder asks, where they take turns: a person, a network.
    ///   - subject: what it is done at, where the pool has a limit for that.
    ///   - patience: how long to wait; nil for as long as it takes.
    public func enter(
        _ holder: String, sender: String = "", subject: String? = nil, patience: Duration? = nil
    ) async throws(Failure) -> Place {
        if let place = tryEnter(holder, subject: subject) { return place }
        let id = state.withLock { state in
            state.nextID += 1
            state.arriving[state.nextID] = .some(nil)
            return state.nextID
        }
        let timer = patience.map { patience in
            Task { [weak self] in
                // Cancelled as soon as there is a place.
                guard (try? await Task.sleep(for: patience)) != nil else { return }
                self?.giveUp(id, holder, .waitedTooLong)
            }
        }
        defer { timer?.cancel() }
        let outcome: Outcome = await withTaskCancellationHandler {
            await withCheckedContinuation {
                wait(Waiter(id: id, sender: sender, subject: subject, continuation: $0), holder)
            }
        } onCancel: {
            giveUp(id, holder, .cancelled)
        }
        return try outcome.get()
    }

    private func wait(_ waiter: Waiter, _ holder: String) {
        let (refused, failure, admitted) = state.withLock { state -> (Waiter?, Failure, [(Waiter, Place)]) in
            if let failure = state.arriving.removeValue(forKey: waiter.id) ?? nil { return (waiter, failure, []) }
            var refused: Waiter?
            // A place may have become free meanwhile, or those in front wait for another subject.
            if !isFree(holder, waiter.subject, in: state) {
                switch room(for: waiter, holder, in: state) {
                case .free: break
                case .inPlaceOfLast(let other): refused = state.removeLast(of: other)
                case .none: return (waiter, .queueIsFull, [])
                }
            }
            state.add(waiter, holder)
            return (refused, .queueIsFull, admit(in: &state))
        }
        refused?.continuation.resume(returning: .failure(failure))
        resume(admitted)
    }

    private enum Room {
        case free
        /// The last of that holder's queue must go.
        case inPlaceOfLast(String)
        case none
    }

    private func room(for waiter: Waiter, _ holder: String, in state: State) -> Room {
        guard let queue = state.queues[holder] else { return limits.queue > 0 ? .free : .none }
        if queue.count >= limits.queue {
            return queue.comesBeforeLast(waiter.sender) ? .inPlaceOfLast(holder) : .none
        }
        guard state.waiting >= limits.waiting else { return .free }
        let longest = state.queues.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }
        guard let longest, longest.value.count > queue.count + 1 else { return .none }
        return .inPlaceOfLast(longest.key)
    }

    private func giveUp(_ id: UInt64, _ holder: String, _ failure: Failure) {
        let waiter = state.withLock { state -> Waiter? in
            if let index = state.queues[holder]?.firstIndex(where: { $0.id == id }) {
                return state.leaveQueue(holder) { $0.remove(index) }
            }
            if state.arriving.keys.contains(id) { state.arriving[id] = failure }
            return nil
        }
        waiter?.continuation.resume(returning: .failure(failure))
    }

    private func leave(_ holder: String, _ subject: String?) {
        let admitted = state.withLock { state in
            state.held -= 1
            Self.decrement(holder, in: &state.heldBy)
            if let subject { Self.decrement(subject, in: &state.heldFor) }
            return admit(in: &state)
        }
        resume(admitted)
    }

    private func resume(_ admitted: [(Waiter, Place)]) {
        for (waiter, place) in admitted { waiter.continuation.resume(returning: .success(place)) }
    }

    /// Gives free places to those who wait, one holder after the other.
    private func admit(in state: inout State) -> [(Waiter, Place)] {
        var admitted: [(Waiter, Place)] = []
        var turn = 0
        while state.held < limits.total, turn < state.turns.count {
            let holder = state.turns[turn]
            let queue = state.queues[holder]
            guard let index = queue?.firstIndex(where: { isFree(holder, $0.subject, in: state) }) else {
                turn += 1
                continue
            }
            state.turns.remove(at: turn)
            state.turns.append(holder)
            guard let waiter = state.leaveQueue(holder, { $0.serve(index) }) else { continue }
            admitted.append((waiter, take(holder, waiter.subject, in: &state)))
            turn = 0
        }
        return admitted
    }

    private func isFree(_ holder: String, _ subject: String?, in state: State) -> Bool {
        let own = state.heldBy[holder, default: 0]
        guard state.held < (own == 0 ? limits.total : limits.total - limits.reserve), own < limits.share else {
            return false
        }
        guard let subject, let perSubject = limits.perSubject else { return true }
        // As of all places, a quarter of those for one subject is for holders without any.
        return state.heldFor[subject, default: 0] < (own == 0 ? perSubject : perSubject - perSubject / 4)
    }

    private func take(_ holder: String, _ subject: String?, in state: inout State) -> Place {
        state.held += 1
        state.heldBy[holder, default: 0] += 1
        if let subject { state.heldFor[subject, default: 0] += 1 }
        return Place { [weak self] in self?.leave(holder, subject) }
    }

    private static func decrement(_ key: String, in counts: inout [String: Int]) {
        let left = counts[key, default: 0] - 1
        counts[key] = left > 0 ? left : nil
    }
}
