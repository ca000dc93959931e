import CoreMetrics
import Hummingbird
import HummingbirdCore
import Logging
import ServiceLifecycle
import Telemetry
import Web

extension Serve {
    /// Everything that runs beside the listener for people, around it.
    ///
    /// Services end in reverse order: first it is said that no work is taken, and metrics are served to the last.
    static func services(
        _ house: House, _ telemetry: TelemetryConfiguration, web: some Service, logger: Logger
    ) -> [any Service] {
        let others: [any Service] = [
            ControlServer(house: house, logger: logger), ErrandsRound(house: house, logger: logger),
            Readiness.Farewell(house.services.readiness),
        ]
        guard let listen = telemetry.metrics else { return [web] + others }
        let (running, signal) = AsyncStream<Never>.makeStream()
        let operations = operations(house, at: listen, logger: logger) { address in
            telemetry.announce("metrics at http://\(address)/metrics", logger)
            signal.finish()
        }
        return [operations, Following(service: web, signal: running)] + others
    }

    /// Measuring begins here: without a listener for them, metrics cost nothing.
    private static func operations(
        _ house: House, at listen: ListenAddress, logger: Logger, onRunning: @escaping @Sendable (String) -> Void
    ) -> some Service {
        let registry = PrometheusRegistry(.gatehouse)
        MetricsSystem.bootstrap(registry)
        return OperationsServer.make(
            house.services, registry: registry, address: .hostname(listen.host, port: listen.port), logger: logger
        ) { port in
            guard let port else { return }
            onRunning(listen.at(port: port))
        }
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
