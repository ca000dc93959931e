import Synchronization

/// Writes that are still under way for accounts that have closed. Shutdown waits for them.
public final class ClosingWork: Sendable {
    private struct State {
        var tasks: [UInt64: Task<Void, Never>] = [:]
        var last: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Nothing is under way.
    public init() {}

    /// Begins to do something that no caller waits for.
    func begin(_ work: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            state.last += 1
            let id = state.last
            state.tasks[id] = Task { [self] in
                await work()
                self.state.withLock { $0.tasks[id] = nil }
            }
        }
    }

    /// Waits until all of it is done.
    public func finish() async {
        while let task = state.withLock({ $0.tasks.first?.value }) { await task.value }
    }
}
