import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Hummingbird with one route and no middleware.
enum BareHummingbird {
    static func serve(_ fixed: FixedAnswer, host: String, port: Int) async throws {
        let router = Router()
        let answer = ByteBuffer(bytes: fixed.bytes)
        router.post(RouterPath(FixedAnswer.path)) { request, _ in
            _ = try await request.body.collect(upTo: FixedAnswer.bodyLimit)
            return Response(
                status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
                body: ResponseBody(byteBuffer: answer))
        }
        var logger = Logger(label: "bare-hummingbird") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .error
        let application = Application(
            router: router,
            configuration: .init(address: .hostname(host, port: port)),
            onServerRunning: { FixedAnswer.announce(host, port: $0.localAddress?.port) },
            logger: logger)
        try await application.run()
    }
}
