import Synchronization

/// Ends the content's process so that it is started again with another key.
final class Restarts: Sendable {
    /// A command that does not end in this time after SIGTERM is killed.
    private static let grace = Duration.seconds(30)

    private let next = Mutex<RuntimeClient.Sheet?>(nil)

    /// Asks the command to end; what it is started with next is the newest sheet that was given here.
    func request(_ sheet: RuntimeClient.Sheet) {
        next.withLock { $0 = sheet }
        guard let pid = SignalRelay.beginRestart() else {
            // It has ended by itself, and stays so.
            return next.withLock { $0 = nil }
        }
        Task {
            try? await Task.sleep(for: Self.grace)
            SignalRelay.kill(pid)
        }
    }

    /// What the command is to be started with again, after it has ended; nil where it has ended for good.
    func take() -> RuntimeClient.Sheet? {
        let sheet = next.withLock { next in
            defer { next = nil }
            return next
        }
        // Whoever asked both of us to end meanwhile wants no other one.
        return SignalRelay.wasAskedToEnd ? nil : sheet
    }
}
