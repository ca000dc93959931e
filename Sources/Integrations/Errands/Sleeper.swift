import Storage

/// How the background waits: really, or as a test wants it.
public struct Sleeper: Sendable {
    private let wait: @Sendable (Duration) async throws -> Void

    /// A sleeper that asks the closure; it ends early, by an error, where its task is cancelled.
    public init(_ wait: @escaping @Sendable (Duration) async throws -> Void) { self.wait = wait }

    /// Waits for so long; returns at once where the task is cancelled.
    public func sleep(for duration: Duration) async { try? await wait(duration) }

    /// The system's.
    public static let system = Sleeper { try await Task.sleep(for: $0) }
}
