import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
public import Logging
import NIOCore
import ResourcePools
import Storage
public import Telemetry

/// The server for those who operate this one: metrics and health, on a listener apart from people's.
public enum OperationsServer {
    /// Few ask, and each of them seldom.
    private static let maximumConnections = 64
    private static let idleTimeout = TimeAmount.seconds(75)

    /// The server, ready to be run.
    ///
    /// - Parameters:
    ///   - registry: what was measured; from now on it reads the process and the accounts too.
    ///   - socket: where it listens.
    ///   - onRunning: called when it takes connections.
    public static func make(
        _ services: Services, registry: PrometheusRegistry, socket: ListeningSocket, logger: Logger,
        onRunning: @escaping @Sendable () async -> Void
    ) -> HTTPListener {
        registry.add(ProcessSamples.read)
        registry.add { samples(of: services) }
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        HealthRoutes(readiness: services.readiness).add(to: router)
        router.get("/metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: PrometheusRegistry.contentType, .cacheControl: "no-store"],
                body: .init(byteBuffer: ByteBuffer(string: registry.text()))
            )
        }
        return HTTPListener(
            socket, .init(name: "metrics", maximumConnections: maximumConnections, drain: .seconds(1)),
            responder: router.buildResponder(), shortages: services.shortages,
            configuration: .init(idleTimeout: idleTimeout), logger: logger, onRunning: onRunning
        )
    }

    private static func samples(of services: Services) -> [PrometheusRegistry.Sample] {
        let queues = QueueDepths.Queue.allCases.map { queue in
            PrometheusRegistry.Sample(
                "gatehouse_queue_depth", labels: [("queue", queue.rawValue)],
                Double(services.world.queues.depth(of: queue))
            )
        }
        let pools = services.world.pools.all.flatMap { pool in
            let usage = pool.usage
            return [
                PrometheusRegistry.Sample(
                    "gatehouse_pool_places", labels: [("pool", pool.name), ("state", "held")], Double(usage.held)),
                .init(
                    "gatehouse_pool_places", labels: [("pool", pool.name), ("state", "free")],
                    Double(pool.limits.total - usage.held)),
                .init("gatehouse_pool_waiting", labels: [("pool", pool.name)], Double(usage.waiting)),
            ]
        }
        return queues + pools + [
            .init("gatehouse_accounts", Double(services.directory.slugs.count)),
            .init("gatehouse_accounts_open", Double(services.directory.openCount)),
        ]
    }
}
