public import Storage
import Synchronization

/// Audit lines of accounts that closed while their file could not be written. The account's next `Journal` takes them over.
public final class AuditBacklog: Sendable {
    struct Lines {
        var waiting: [EventRecord] = []
        /// How many there was no room for.
        var dropped = 0
    }

    /// Of all accounts together.
    private static let maximum = 20_000
    /// Of one account.
    private static let share = 5_000

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
            let own = state.lines[account]?.waiting.count ?? 0
            let kept = lines.waiting.prefix(max(0, min(Self.maximum - state.count, Self.share - own)))
            state.count += kept.count
            state.lines[account, default: Lines()].waiting += kept
            state.lines[account, default: Lines()].dropped += lines.dropped + lines.waiting.count - kept.count
        }
    }

    /// Forgets the lines of an account that is erased: another one of its name must not get them.
    public func forget(_ account: TenantFingerprint) { _ = take(account) }

    /// Hands the lines of an account out, once.
    func take(_ account: TenantFingerprint) -> Lines? {
        state.withLock { state in
            guard let lines = state.lines.removeValue(forKey: account) else { return nil }
            state.count -= lines.waiting.count
            return lines
        }
    }
}
