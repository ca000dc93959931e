import NIOCore
import NIOEmbedded
import Testing

@testable import Web

@Suite struct LingeringCloseTests {
    /// Holds what is written until the test lets it through, as a client does that reads slowly.
    private final class SlowClient: ChannelOutboundHandler {
        typealias OutboundIn = IOData
        typealias OutboundOut = IOData

        private var held: [(NIOAny, EventLoopPromise<Void>?)] = []
        private(set) var isOutputClosed = false

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            held.append((data, promise))
        }

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            if mode == .output {
                isOutputClosed = true
                promise?.succeed()
            } else {
                context.close(mode: mode, promise: promise)
            }
        }

        func read(_ context: ChannelHandlerContext) {
            for (_, promise) in held { promise?.succeed() }
            held = []
        }
    }

    private let channel: EmbeddedChannel
    private let client = SlowClient()

    init() throws {
        channel = EmbeddedChannel(handlers: [client, LingeringClose()])
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
    }

    private func readAll() throws {
        let context = try channel.pipeline.syncOperations.context(handlerType: SlowClient.self)
        client.read(context)
        channel.embeddedEventLoop.run()
    }

    @Test func waitsForASlowClientBeforeItLingers() throws {
        channel.writeAndFlush(IOData.byteBuffer(ByteBuffer(string: "the last answer")), promise: nil)
        channel.close(promise: nil)
        channel.embeddedEventLoop.advanceTime(by: .seconds(60))
        #expect(channel.isActive && !client.isOutputClosed)
        try readAll()
        #expect(channel.isActive && client.isOutputClosed)
        channel.embeddedEventLoop.advanceTime(by: .seconds(5))
        #expect(!channel.isActive)
    }

    @Test func dropsWhatArrivesForAsLongAsItMakesProgress() throws {
        channel.close(promise: nil)
        try readAll()
        for _ in 0..<5 {
            try channel.writeInbound(ByteBuffer(repeating: 0, count: 20_000))
            channel.embeddedEventLoop.advanceTime(by: .seconds(5))
            #expect(channel.isActive)
        }
        #expect(try channel.readInbound(as: ByteBuffer.self) == nil)
        try channel.writeInbound(ByteBuffer(repeating: 0, count: 20_000))
        channel.embeddedEventLoop.advanceTime(by: .seconds(5))
        #expect(!channel.isActive, "half a minute is over")
    }

    @Test func closesWhenTheClientDoes() throws {
        channel.close(promise: nil)
        try readAll()
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(!channel.isActive)
    }

    @Test func aClientThatClosesItsSideStillGetsTheAnswer() throws {
        channel.writeAndFlush(IOData.byteBuffer(ByteBuffer(string: "the last answer")), promise: nil)
        channel.close(promise: nil)
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(channel.isActive)
        try readAll()
        #expect(!channel.isActive)
    }

    @Test func endsAtOnceWhereItIsTold() throws {
        channel.writeAndFlush(IOData.byteBuffer(ByteBuffer(string: "the last answer")), promise: nil)
        channel.close(promise: nil)
        channel.triggerUserOutboundEvent(AbortConnection(), promise: nil)
        channel.embeddedEventLoop.run()
        #expect(!channel.isActive)
    }
}
