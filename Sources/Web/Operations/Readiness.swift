import Dispatch
import Logging
public import ServiceLifecycle

/// Whether this server takes work: not while it shuts down, and not while it cannot write.
public actor Readiness {
    /// Why no work is taken; the raw value is for programs.
    enum Obstacle: String, CaseIterable {
        case shuttingDown = "shutting_down"
        case folderNotWritable = "data_folder_not_writable"

        var sentence: String {
            switch self {
            case .shuttingDown: "This server is shutting down: send requests to another, or wait for its restart."
            case .folderNotWritable:
                "The data folder cannot be written: look at its disk and its owner; the log has the system's word for it."
            }
        }
    }

    /// However often it is asked, the disk is written at most once in this time.
    private static let interval = Duration.seconds(1)

    private let logger: Logger
    private let prove: @Sendable () throws -> Void
    private let queue = DispatchQueue(label: "readiness")
    private var isLeaving = false
    private var last: (at: ContinuousClock.Instant, isWritable: Bool)?
    private var running: Task<Bool, Never>?

    /// - Parameter prove: writes a little; throws where that fails.
    init(logger: Logger, prove: @escaping @Sendable () throws -> Void) {
        self.logger = logger
        self.prove = prove
    }

    /// What stands against taking work; nil: nothing.
    func obstacle() async -> Obstacle? {
        guard !isLeaving else { return .shuttingDown }
        let isWritable = await isWritable()
        // It may have begun to shut down while the disk was written.
        return isLeaving ? .shuttingDown : isWritable ? nil : .folderNotWritable
    }

    fileprivate func leave() { isLeaving = true }

    private func isWritable() async -> Bool {
        if let running { return await running.value }
        if let last, ContinuousClock.now - last.at < Self.interval { return last.isWritable }
        let task = Task { await write() }
        running = task
        let isWritable = await task.value
        running = nil
        last = (ContinuousClock.now, isWritable)
        return isWritable
    }

    /// On a thread of its own, because a disk in trouble may take its time.
    private func write() async -> Bool {
        let failure = await withCheckedContinuation { continuation in
            queue.async { [prove] in
                do {
                    try prove()
                    continuation.resume(returning: nil as String?)
                } catch {
                    continuation.resume(returning: "\(error)")
                }
            }
        }
        // Logged when it changes, not each time somebody asks.
        if let failure, last?.isWritable != false {
            logger.error("the data folder cannot be written", metadata: ["cause": "\(failure)"])
        } else if failure == nil, last?.isWritable == false {
            logger.notice("the data folder can be written again")
        }
        return failure == nil
    }

    /// Says that no work is taken any more as soon as the shutdown begins; to be the last of the services, which end in
    /// reverse order.
    public struct Farewell: Service {
        private let readiness: Readiness

        /// The farewell of a server.
        public init(_ readiness: Readiness) { self.readiness = readiness }

        /// Waits for the shutdown.
        public func run() async throws {
            // Cancelled or asked politely: either way it is over.
            try? await gracefulShutdown()
            await readiness.leave()
        }
    }
}
