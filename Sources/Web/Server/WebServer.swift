public import Hummingbird
public import HummingbirdCore
import Integrations
public import Logging
import NIOCore
import Storage

/// The server for people, content and proxies.
public enum WebServer {
    /// Connections beyond this wait in the kernel.
    private static let maximumConnections = 4096

    /// The application, ready to be run.
    ///
    /// - Parameters:
    ///   - address: where it listens.
    ///   - idleTimeout: how long a connection may wait for its next request.
    ///   - onRunning: told of the port, once it listens.
    public static func make(
        _ services: Services, address: BindAddress, idleTimeout: Duration, logger: Logger,
        onRunning: @escaping @Sendable (_ port: Int?) async -> Void
    ) -> some ApplicationProtocol {
        let directory = services.directory
        let limits = ArrivalLimits(maximumBundleBytes: services.world.maximumBundleBytes)
        let connectionLimits = ConnectionState.Limits(idle: TimeAmount(idleTimeout))
        return Application(
            responder: WebRouter.build(services).buildResponder(),
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [
                        FrontDoorInstaller(
                            recall: ExchangeRecall(directory: directory), limits: limits,
                            connectionLimits: connectionLimits)
                    ],
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 64 * 1024, maxHeaderFieldCount: 100)
                )
            ),
            configuration: .init(
                address: address, availableConnectionsDelegate: MaximumAvailableConnections(maximumConnections)
            ),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port) },
            logger: logger
        )
    }
}
