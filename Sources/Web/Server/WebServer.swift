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
    /// A connection without a request, or with one whose headers do not come, closes after this.
    private static let idleTimeout = TimeAmount.seconds(75)

    /// The application, ready to be run.
    ///
    /// - Parameters:
    ///   - address: where it listens.
    ///   - onRunning: told of the port, once it listens.
    public static func make(
        _ services: Services, address: BindAddress, logger: Logger,
        onRunning: @escaping @Sendable (_ port: Int?) async -> Void
    ) -> some ApplicationProtocol {
        let directory = services.directory
        let limits = ArrivalLimits(maximumBundleBytes: services.world.maximumBundleBytes)
        return Application(
            responder: WebRouter.build(services).buildResponder(),
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [
                        FrontDoorInstaller(recall: ExchangeRecall(directory: directory), limits: limits)
                    ],
                    idleTimeout: idleTimeout,
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
