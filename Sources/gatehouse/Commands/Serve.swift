import ArgumentParser
import Glibc
import Integrations
import JSON
import Logging
import ServiceLifecycle
import Storage
import Telemetry
import UnixSignals
import Web

/// `gatehouse serve`.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve the accounts of a folder.")

    @OptionGroup var options: ServerOptions

    /// How long a command that holds the folder may take.
    private static let lockPatience = Duration.seconds(5)
    /// What the parts need beside the drain of the web server to end; whoever takes longer is cancelled.
    private static let shutdownMargin = Duration.seconds(15)

    func run() async throws {
        try await Failures.reported {
            Process.prepare()
            let inherited = try InheritedSockets.take()
            var configuration = try ServerConfiguration(options)
            let limit = try OpenFileLimit.obtained()
            LineLogHandler.bootstrap(format: configuration.telemetry.format, level: configuration.telemetry.level)
            let logger = Logger(label: "gatehouse")
            let folder = DataFolder(path: configuration.dataPath)
            // A folder that is there is locked first: the server that has it may have the port, too, until it has ended.
            // One that is not there is made when nothing else can fail any more.
            let held = try await folder.isThere ? Self.lock(folder) : nil
            let sockets = try Sockets(configuration, inherited)
            let lock: FolderLock
            if let held {
                lock = held
            } else {
                lock = try await Self.lock(try DataFolder.make(at: folder.path))
                configuration.telemetry.announce(House.madeFolder(folder), logger)
            }
            // What systemd has bound counts, and not what the settings say: content must not be sent to this server itself.
            if inherited.web != nil {
                configuration.listen = ListenAddress(boundTo: sockets.web.descriptor) ?? configuration.listen
            }
            configuration.telemetry.metrics = sockets.metrics.flatMap { ListenAddress(boundTo: $0.descriptor) }
            let house = try House(
                configuration, lock: lock, port: sockets.port, limit: limit, makesKey: true, logger: logger,
                sleeper: .system)
            if let news = house.madeKey { configuration.telemetry.announce(news, logger) }
            try await Self.run(house, configuration, sockets, limit, logger: logger)
            withExtendedLifetime(lock) {}
        }
    }

    /// Where connections arrive.
    struct Sockets {
        let web: ListeningSocket
        let port: Int
        let metrics: ListeningSocket?

        init(_ configuration: ServerConfiguration, _ inherited: InheritedSockets) throws {
            if let socket = inherited.web, let address = ListenAddress(boundTo: socket.descriptor) {
                (web, port) = (socket, address.port)
            } else {
                let both = configuration.listen
                guard both.port == 0 || configuration.telemetry.metrics?.description != both.description else {
                    throw ConfigurationError(
                        "--listen and --metrics-listen are both \(both): choose another port for one.")
                }
                (web, port) = try both.bind("--listen")
            }
            do {
                metrics = try inherited.metrics ?? configuration.telemetry.metrics?.bind("--metrics-listen").socket
            } catch {
                web.close()
                throw error
            }
        }

        /// For who only wanted to know.
        func close() {
            web.close()
            metrics?.close()
        }
    }

    private static func run(
        _ house: House, _ configuration: ServerConfiguration, _ sockets: Sockets, _ limit: OpenFileLimit,
        logger: Logger
    ) async throws {
        if limit.connections < WebServer.maximumConnections {
            logger.notice(
                "the limit of open files decides how many connections are accepted",
                metadata: ["open_files": "\(limit.total)", "connections": "\(limit.connections)"])
        }
        let web = WebServer.make(
            house.services, socket: sockets.web, maximumConnections: limit.connections,
            idleTimeout: configuration.idleTimeout, logger: logger
        ) {
            configuration.telemetry.announce("listening on http://\(sockets.web.address)", logger)
            configuration.telemetry.announce("open \(house.world.address.base)/ in a browser", logger)
            ServiceManager.tellReady()
        }
        var group = ServiceGroupConfiguration(
            services: services(house, configuration, sockets, web: web, logger: logger),
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        )
        group.maximumGracefulShutdownDuration = configuration.shutdownDelay + WebServer.drain + shutdownMargin
        do {
            try await ServiceGroup(configuration: group).run()
        } catch {
            await house.close()
            throw error
        }
        await house.close()
    }

    private static func lock(_ folder: DataFolder) async throws -> FolderLock {
        let start = ContinuousClock.now
        while true {
            do { return try FolderLock(folder) } catch let error as FolderLock.Held {
                guard ContinuousClock.now - start < lockPatience else { throw error }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}

/// `gatehouse check-config`.
struct CheckConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Check whether serve could start with these settings, and change nothing."
    )

    @OptionGroup var options: ServerOptions
    @OptionGroup var answer: AnswerOptions

    func run() async throws {
        try await Failures.reported {
            OpenFileLimit.raise()
            let inherited = try InheritedSockets.take()
            let configuration = try ServerConfiguration(options)
            let check = StartCheck(configuration, inherited)
            guard check.problems.isEmpty else {
                throw CommandFailure(
                    "serve would not start:\n" + check.problems.joined(separator: "\n"), .configuration)
            }
            try Answer.write(Self.answer(configuration, check), as: answer) { _ in Self.lines(configuration, check) }
        }
    }
}

/// `gatehouse routes`.
struct Routes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List every route of the server, from its router.")

    @OptionGroup var options: ServerOptions
    @OptionGroup var answer: AnswerOptions

    func run() async throws {
        try await Failures.reported {
            let configuration = try ServerConfiguration(options)
            let folder = DataFolder(path: configuration.dataPath)
            let house = try House(
                folder, .init(ring: .fresh()), configuration, port: configuration.listen.port,
                logger: Logger(label: "gatehouse"))
            let routes = WebRouter.routes(house.services)
            await house.close()
            let json = JSON.array(routes.map { ["method": .string($0.method), "path": .string($0.path)] })
            try Answer.write(json, as: answer) { _ in routes.map { "\($0.method) \($0.path)" }.joined(separator: "\n") }
        }
    }
}
