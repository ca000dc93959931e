import Dispatch
import Synchronization

/// Threads for work that takes long or blocks, with a share of them for each holder: hashing, parsing, name resolution.
///
/// Nothing of it runs on the cooperative pool or an event loop, so requests that need none of it do not notice.
public final class FairWorkers: Sendable {
    /// Who may use how many threads at once.
    public let places: FairPool
    /// The threads that are free. A serial queue brings a thread of its own where it is needed; the threads of a concurrent
    /// one are those of Swift's own executor, which work that blocks would take from everybody.
    private let free: Mutex<[DispatchQueue]>

    /// Workers of as many threads as there are places.
    public init(_ name: String, _ limits: FairPool.Limits) {
        places = FairPool(name, limits)
        free = Mutex((0..<limits.total).map { DispatchQueue(label: "gatehouse.\(name).\($0)") })
    }

    /// Has work done on a free thread. There is one, because whoever calls this has a place.
    private func begin(_ place: FairPool.Place, _ work: @escaping @Sendable () -> Void) {
        let queue = free.withLock { $0.popLast() } ?? DispatchQueue(label: "gatehouse.\(places.name)")
        queue.async { [self] in
            work()
            free.withLock { $0.append(queue) }
            place.leave()
        }
    }

    /// Has work done as soon as it is this holder's turn, and waits for its end.
    ///
    /// - Parameters:
    ///   - sender: who of the holder asks, where they take turns.
    ///   - patience: how long to wait for a thread; nil for as long as it takes.
    ///   - work: what to do.
    public func run<Value: Sendable>(
        for holder: String, sender: String = "", patience: Duration? = nil, _ work: @escaping @Sendable () -> Value
    ) async throws(FairPool.Failure) -> Value {
        let place = try await places.enter(holder, sender: sender, patience: patience)
        return await withCheckedContinuation { continuation in
            begin(place) { continuation.resume(returning: work()) }
        }
    }

    /// Has work done that cannot be stopped, such as a system call that blocks, and stops waiting for it after a time.
    ///
    /// The place is held until the work is over, so work that hangs takes threads of its own holder's share alone.
    ///
    /// - Parameter patience: how long to wait for a thread and for the work.
    /// - Throws: `waitedTooLong` where there was no thread, `abandoned` where the work did not end.
    public func runUnstoppable<Value: Sendable>(
        for holder: String, patience: Duration, _ work: @escaping @Sendable () -> Value
    ) async throws(FairPool.Failure) -> Value {
        let start = ContinuousClock.now
        let place = try await places.enter(holder, patience: patience)
        let answer = Answer<Value>()
        begin(place) { answer.give(.success(work())) }
        let left = patience - (ContinuousClock.now - start)
        let timer = Task {
            // Cancelled as soon as there is an answer.
            guard (try? await Task.sleep(for: left)) != nil else { return }
            answer.give(.failure(.abandoned))
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            await answer.value
        } onCancel: {
            answer.give(.failure(.cancelled))
        }.get()
    }

    /// The first of several answers to one question.
    private final class Answer<Value: Sendable>: Sendable {
        typealias Outcome = Result<Value, FairPool.Failure>

        private enum State {
            case open
            case awaited(CheckedContinuation<Outcome, Never>)
            case given(Outcome)
        }

        private let state = Mutex(State.open)

        var value: Outcome {
            get async {
                await withCheckedContinuation { continuation in
                    let outcome = state.withLock { state -> Outcome? in
                        if case .given(let outcome) = state { return outcome }
                        state = .awaited(continuation)
                        return nil
                    }
                    if let outcome { continuation.resume(returning: outcome) }
                }
            }
        }

        func give(_ outcome: Outcome) {
            let continuation = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
                defer { if case .given = state {} else { state = .given(outcome) } }
                guard case .awaited(let continuation) = state else { return nil }
                return continuation
            }
            continuation?.resume(returning: outcome)
        }
    }
}
