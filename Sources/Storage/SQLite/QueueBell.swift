import GRDB
import Synchronization

/// Rings after each commit that queued something for the background, or that may have set a queue going again.
final class QueueBell: TransactionObserver, Sendable {
    private struct State {
        var hasNews = false
        var listener: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    func onRing(_ listener: @escaping @Sendable () -> Void) { state.withLock { $0.listener = listener } }

    /// Rings although nothing was queued: the account is gone.
    func ring() { state.withLock { $0.listener }?() }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool {
        switch eventKind {
        case .insert(let table): table == "webhook_delivery" || table == "revocation"
        case .update(let table, _): table == "webhook"
        case .delete: false
        }
    }

    func databaseDidChange(with event: DatabaseEvent) { state.withLock { $0.hasNews = true } }

    func databaseDidCommit(_ db: Database) {
        let listener = state.withLock { state -> (@Sendable () -> Void)? in
            guard state.hasNews else { return nil }
            state.hasNews = false
            return state.listener
        }
        listener?()
    }

    func databaseDidRollback(_ db: Database) { state.withLock { $0.hasNews = false } }
}
