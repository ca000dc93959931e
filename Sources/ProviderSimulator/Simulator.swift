import Glibc
import Hummingbird
import JSON
import Logging
import NIOCore

/// The whole provider: state, faults and routes. Tests may build one and ask its router.
struct Simulator: Sendable {
    let kind: Kind
    let provider: Provider
    let faults = FaultDesk()

    init(kind: Kind, clock: SimulatedClock = SimulatedClock()) {
        self.kind = kind
        provider = Provider(TokenIssuer(kind: kind, clock: clock))
    }

    func router() -> Router<SimulatorContext> {
        let router = Router(context: SimulatorContext.self)
        router.add(middleware: RefusalAnswers())
        addOAuthRoutes(to: router)
        switch kind {
        case .databricks: addDatabricksRoutes(to: router)
        case .snowflake: addSnowflakeRoutes(to: router)
        case .generic: addGenericRoutes(to: router)
        }
        addControlRoutes(to: router)
        return router
    }

    /// Serves until the process ends: nothing here is worth a graceful shutdown.
    func run(on address: ListenAddress) async throws {
        // Standard output carries the one line that callers wait for, so the log goes to standard error.
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "provider-simulator")
        logger.logLevel = .error
        let application = Application(
            router: router(),
            configuration: .init(address: .hostname(address.host, port: address.port)),
            onServerRunning: { channel in Self.announce(address.host, port: channel.localAddress?.port) },
            logger: logger)
        try await application.run()
    }

    /// One unbuffered write: the line is there as soon as the socket accepts.
    private static func announce(_ host: String, port: Int?) {
        let shownHost = host.contains(":") ? "[\(host)]" : host
        let line = Array("listening on http://\(shownHost):\(port ?? 0)\n".utf8)
        _ = line.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }
}

/// Turns refusals of the control door into answers.
private struct RefusalAnswers: RouterMiddleware {
    func handle(
        _ request: Request, context: SimulatorContext,
        next: (Request, SimulatorContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let refusal as ControlRefusal {
            return .json(["error": .string(refusal.sentence)], status: .badRequest)
        }
    }
}
