import CoreMetrics
import Logging
import ServiceLifecycle
import Telemetry
import Web

extension Serve {
    /// Everything that runs beside the listener for people, around it.
    ///
    /// Services end in reverse order: first it is said that no work is taken, and metrics are served to the last.
    static func services(
        _ house: House, _ configuration: ServerConfiguration, _ sockets: Sockets, web: some Service, logger: Logger
    ) -> [any Service] {
        let control = ControlServer(house: house, logger: logger)
        let farewell = Readiness.Farewell(house.services.readiness, delay: configuration.shutdownDelay) {
            house.leave(within: WebServer.drain)
        }
        // Operations are taken while requests are answered, and end after them.
        let others: [any Service] = [
            ErrandsRound(house: house, logger: logger), FolderWatch(house: house, logger: logger), farewell,
        ]
        guard let socket = sockets.metrics else { return [control, web] + others }
        let (running, signal) = AsyncStream<Never>.makeStream()
        let operations = operations(house, at: socket, logger: logger) {
            configuration.telemetry.announce("metrics at http://\(socket.address)/metrics", logger)
            signal.finish()
        }
        return [operations, control, Following(service: web, signal: running)] + others
    }

    /// Measuring begins here: without a listener for them, metrics cost nothing.
    private static func operations(
        _ house: House, at socket: ListeningSocket, logger: Logger, onRunning: @escaping @Sendable () -> Void
    ) -> some Service {
        let registry = PrometheusRegistry(.gatehouse)
        MetricsSystem.bootstrap(registry)
        return OperationsServer.make(
            house.services, registry: registry, socket: socket, logger: logger, onRunning: onRunning)
    }

    /// A service that waits for another to run: nobody is told to come in while the listener for metrics may still fail.
    private struct Following<Wrapped: Service>: Service {
        let service: Wrapped
        let signal: AsyncStream<Never>

        func run() async throws {
            for await _ in signal {}
            try Task.checkCancellation()
            try await service.run()
        }
    }
}
