import ArgumentParser
import Glibc
import Hummingbird
import HummingbirdCore
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

    /// How long requests that are under way may take after SIGTERM.
    private static let shutdownLimit = Duration.seconds(20)
    /// How long a command that holds the folder may take.
    private static let lockPatience = Duration.seconds(5)

    func run() async throws {
        try await Failures.reported {
            Process.prepare()
            let configuration = try ServerConfiguration(options).choosingMetricsPort()
            LineLogHandler.bootstrap(format: configuration.telemetry.format, level: configuration.telemetry.level)
            let logger = Logger(label: "gatehouse")
            let lock = try await Self.lock(try DataFolder(path: configuration.dataPath))
            let listen = configuration.listen
            let port = listen.port == 0 ? try Process.freePort(host: listen.host) : listen.port
            let house = try House(configuration, port: port, logger: logger, sleeper: .system)
            try await Self.run(house, configuration, port: port, logger: logger)
            withExtendedLifetime(lock) {}
        }
    }

    private static func run(_ house: House, _ configuration: ServerConfiguration, port: Int, logger: Logger)
        async throws
    {
        let listen = configuration.listen
        let web = WebServer.make(
            house.services, address: .hostname(listen.host, port: port),
            idleTimeout: configuration.idleTimeout, logger: logger
        ) { port in
            configuration.telemetry.announce("listening on http://\(listen.at(port: port ?? 0))", logger)
            configuration.telemetry.announce("open \(house.world.address.base)/ in a browser", logger)
            ServiceManager.tellReady()
        }
        var group = ServiceGroupConfiguration(
            services: services(house, configuration.telemetry, web: web, logger: logger),
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        )
        group.maximumGracefulShutdownDuration = shutdownLimit
        do {
            try await ServiceGroup(configuration: group).run()
        } catch {
            await house.close()
            let metrics = configuration.telemetry.metrics.map { ", with metrics at \($0)" } ?? ""
            throw CommandFailure("the server could not run at \(listen.at(port: port))\(metrics): \(error)")
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
        commandName: "check-config", abstract: "Check what serve would be told, and change nothing."
    )

    @OptionGroup var options: ServerOptions
    @OptionGroup var answer: AnswerOptions

    func run() async throws {
        try await Failures.reported {
            let configuration = try ServerConfiguration(options)
            let folder = try DataFolder(path: configuration.dataPath, creating: false)
            try House.requireKeys(try configuration.masterKey.ring(for: folder, creating: false), folder)
            let accounts = try folder.accounts()
            Answer.write(configuration.summary(accounts: accounts.count), as: answer) { summary in
                summary.objectValue?.map { "\($0.key): \($0.value.stringValue ?? $0.value.text())" }.joined(
                    separator: "\n") ?? ""
            }
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
            let folder = try DataFolder(path: configuration.dataPath, creating: false)
            let house = try House(
                folder, .fresh(), configuration, port: configuration.listen.port, logger: Logger(label: "gatehouse"))
            let routes = WebRouter.routes(house.services)
            await house.close()
            let json = JSON.array(routes.map { ["method": .string($0.method), "path": .string($0.path)] })
            Answer.write(json, as: answer) { _ in routes.map { "\($0.method) \($0.path)" }.joined(separator: "\n") }
        }
    }
}
