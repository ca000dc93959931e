import Dispatch
import Logging
public import ServiceLifecycle
import Storage

/// Whether this server takes work: not while it shuts down, has run out of something, or cannot write.
public actor Readiness {
    /// Why no work is taken; the raw value is for programs.
    enum Obstacle: String, CaseIterable {
        case shuttingDown = "shutting_down"
        case descriptorsExhausted = "descriptors_exhausted"
        case memoryExhausted = "memory_exhausted"
        case connectionsExhausted = "connections_exhausted"
        case folderLost = "data_folder_lost"
        case folderNotWritable = "data_folder_not_writable"

        init(_ shortage: Shortages.Kind) {
            self =
                switch shortage {
                case .descriptors: .descriptorsExhausted
                case .memory: .memoryExhausted
                case .connections: .connectionsExhausted
                }
        }

        var sentence: String {
            switch self {
            case .shuttingDown: "This server is shutting down: send requests to another, or wait for its restart."
            case .descriptorsExhausted:
                "This server can open no file and no connection: raise its limit of open files (LimitNOFILE=)."
            case .memoryExhausted: "The system has no memory for another connection: look at what uses it."
            case .connectionsExhausted:
                "As many connections are open as this server accepts (half of its open files, 4,096 at most): find out who holds them (ss -tnp), or raise LimitNOFILE= where it is below 8192."
            case .folderLost:
                "The lock file of the data folder was removed, and another process may be writing there: see that one server runs, and restart this one."
            case .folderNotWritable:
                "The data folder cannot be written: look at its disk and its owner; the log has the system's word for it."
            }
        }
    }

    /// However often it is asked, the disk is written at most once in this time.
    private static let interval = Duration.seconds(1)

    private let logger: Logger
    private let shortages: Shortages
    private let isLost: @Sendable () -> Bool
    private let prove: @Sendable () throws -> Void
    private let queue = DispatchQueue(label: "readiness")
    private var isLeaving = false
    private var last: (at: ContinuousClock.Instant, obstacle: Obstacle?)?
    private var running: Task<Obstacle?, Never>?

    /// - Parameters:
    ///   - isLost: whether the folder is another process's by now.
    ///   - prove: writes a little; throws where that fails.
    init(
        logger: Logger, shortages: Shortages, isLost: @escaping @Sendable () -> Bool,
        prove: @escaping @Sendable () throws -> Void
    ) {
        self.isLost = isLost
        self.logger = logger
        self.shortages = shortages
        self.prove = prove
    }

    /// What stands against taking work; nil: nothing.
    func obstacle() async -> Obstacle? {
        guard !isLeaving else { return .shuttingDown }
        if isLost() { return .folderLost }
        if let shortage = shortages.current { return Obstacle(shortage) }
        let obstacle = await proven()
        // It may have begun to shut down while the disk was written.
        return isLeaving ? .shuttingDown : obstacle
    }

    fileprivate func leave() { isLeaving = true }

    private func proven() async -> Obstacle? {
        if let running { return await running.value }
        if let last, ContinuousClock.now - last.at < Self.interval { return last.obstacle }
        let task = Task { await write() }
        running = task
        let obstacle = await task.value
        running = nil
        last = (ContinuousClock.now, obstacle)
        return obstacle
    }

    /// On a thread of its own, because a disk in trouble may take its time.
    private func write() async -> Obstacle? {
        let failure = await withCheckedContinuation { continuation in
            queue.async { [prove] in
                do {
                    try prove()
                    continuation.resume(returning: nil as (any Error)?)
                } catch {
                    continuation.resume(returning: error)
                }
            }
        }
        // Without a descriptor nothing can be written either, but the disk is not to blame.
        let obstacle = failure.map { failure in
            (failure as? Files.Failure).flatMap { Shortages.Kind(errno: $0.code) }.map { Obstacle($0) }
                ?? .folderNotWritable
        }
        // Logged when it changes, not each time somebody asks.
        if let failure, obstacle != last?.obstacle {
            let isDisk = obstacle == .folderNotWritable
            logger.error(
                isDisk ? "the data folder cannot be written" : "no file can be opened",
                metadata: ["cause": "\(failure)"])
        } else if failure == nil, let earlier = last?.obstacle {
            let isDisk = earlier == .folderNotWritable
            logger.notice(isDisk ? "the data folder can be written again" : "files can be opened again")
        }
        return obstacle
    }

    /// Says that no work is taken any more as soon as the shutdown begins, and lets it go on after a delay; to be the last
    /// of the services, which end in reverse order.
    public struct Farewell: Service {
        private let readiness: Readiness
        private let delay: Duration
        private let then: @Sendable () -> Void

        /// The farewell of a server.
        ///
        /// - Parameters:
        ///   - delay: how long requests are served as before, so that load balancers notice.
        ///   - then: called when they have had their time.
        public init(_ readiness: Readiness, delay: Duration, then: @escaping @Sendable () -> Void) {
            self.readiness = readiness
            self.delay = delay
            self.then = then
        }

        /// Waits for the shutdown.
        public func run() async throws {
            // Cancelled or asked politely: either way it is over.
            try? await gracefulShutdown()
            await readiness.leave()
            try? await Task.sleep(for: delay)
            then()
        }
    }
}
