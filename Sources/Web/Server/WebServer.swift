import Hummingbird
import HummingbirdCore
import Integrations
public import Logging
import NIOCore
import Storage

/// The server for people, content and proxies.
public enum WebServer {
    /// How many connections are accepted where the system allows so many; others wait in the kernel.
    public static let maximumConnections = 4096
    /// How long requests may take that are under way when the shutdown begins. Provider calls are broken off then.
    public static let drain = Duration.seconds(5)
    /// The time after `drain` in which requests with broken-off provider calls are answered.
    private static let lastWords = Duration.seconds(2)

    /// The server, ready to be run.
    ///
    /// - Parameters:
    ///   - socket: where it listens.
    ///   - maximumConnections: how many it accepts.
    ///   - idleTimeout: how long a connection may wait for its next request.
    ///   - onRunning: called when it takes connections.
    public static func make(
        _ services: Services, socket: ListeningSocket, maximumConnections: Int, idleTimeout: Duration, logger: Logger,
        onRunning: @escaping @Sendable () async -> Void
    ) -> HTTPListener {
        let directory = services.directory
        let limits = ArrivalLimits(maximumBundleBytes: services.world.maximumBundleBytes)
        let connectionLimits = ConnectionState.Limits(idle: TimeAmount(idleTimeout))
        return HTTPListener(
            socket,
            .init(
                name: Shortages.web, maximumConnections: maximumConnections, drain: drain + lastWords),
            responder: WebRouter.build(services).buildResponder(),
            shortages: services.shortages,
            configuration: .init(
                additionalChannelHandlers: [
                    FrontDoorInstaller(
                        recall: ExchangeRecall(directory: directory), limits: limits,
                        connectionLimits: connectionLimits)
                ],
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 64 * 1024, maxHeaderFieldCount: 100)
            ),
            logger: logger, onRunning: onRunning
        )
    }
}
