import Storage
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

/// Audit lines of accounts that closed while their file could not be written. The account's next `Journal` takes them over.
public final class AuditBacklog: Sendable {
    struct Lines {
        var waiting: [EventRecord] = []
        /// How many there was no room for.
        var dropped = 0
    }

    /// Of all accounts together.
    private static let maximum = 20_000

    private struct State {
        var lines: [TenantFingerprint: Lines] = [:]
        var count = 0
    }

    private let state = Mutex(State())

    /// Nothing waits.
    public init() {}

    /// Keeps the lines of an account, behind those that it has here already.
    func put(_ lines: Lines, of account: TenantFingerprint) {
        guard !lines.waiting.isEmpty || lines.dropped > 0 else { return }
        state.withLock { state in
            let kept = lines.waiting.prefix(Self.maximum - state.count)
            state.count += kept.count
            state.lines[account, default: Lines()].waiting += kept
            state.lines[account, default: Lines()].dropped += lines.dropped + lines.waiting.count - kept.count
        }
    }

    /// Hands the lines of an account out, once.
    func take(_ account: TenantFingerprint) -> Lines? {
        state.withLock { state in
            guard let lines = state.lines.removeValue(forKey: account) else { return nil }
            state.count -= lines.waiting.count
            return lines
        }
    }
}
