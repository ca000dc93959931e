import NIOCore
import NIOHTTP1
import NIOPosix

/// SwiftNIO's HTTP/1 codec and one handler: the least that a Swift server can cost.
enum BareNIO {
    static func serve(_ fixed: FixedAnswer, host: String, port: Int) async throws {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(AnswerHandler(fixed))
                }
            }
            .bind(host: host, port: port).get()
        FixedAnswer.announce(host, port: server.localAddress?.port)
        try await server.closeFuture.get()
    }
}

/// Reads the request to its end, then answers in one write.
private final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let head: HTTPResponseHead
    private let body: ByteBuffer

    init(_ fixed: FixedAnswer) {
        body = ByteBuffer(bytes: fixed.bytes)
        head = HTTPResponseHead(
            version: .http1_1, status: .ok,
            headers: [
                "Content-Type": "application/json", "Cache-Control": "no-store",
                "Content-Length": String(fixed.bytes.count),
            ])
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
