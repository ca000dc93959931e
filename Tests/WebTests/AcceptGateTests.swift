import Glibc
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import Web

@Suite struct AcceptGateTests {
    private let shortages = Shortages(logger: Logger(label: "test"))
    private let listener: EmbeddedChannel

    init() throws {
        listener = EmbeddedChannel(handler: AcceptGate(limit: 2, place: "web", shortages: shortages))
        try listener.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 80)).wait()
    }

    /// An embedded channel keeps the option and says that it reads, whatever was set.
    private func accepts() -> Bool {
        let set = listener.options.first { $0.option is ChannelOptions.Types.AutoReadOption }
        return set?.value as? Bool ?? true
    }

    private func fail(_ code: Int32) { listener.pipeline.fireErrorCaught(IOError(errnoCode: code, reason: "accept")) }

    private func connect() throws -> EmbeddedChannel {
        let child = EmbeddedChannel(loop: listener.embeddedEventLoop)
        try child.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 80)).wait()
        listener.pipeline.syncOperations.fireChannelRead(NIOAny(child as any Channel))
        return child
    }

    @Test(arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM])
    func aShortageIsWaitedForAndReadingIsOffMeanwhile(code: Int32) throws {
        fail(code)
        #expect(!accepts())
        #expect(shortages.current == Shortages.Kind(errno: code) && shortages.current != nil)
        listener.embeddedEventLoop.advanceTime(by: .milliseconds(500))
        #expect(accepts())
        #expect(shortages.current == nil && listener.isActive)
        try listener.throwIfErrorCaught()
    }

    @Test func aClientThatWentAwayIsNoTrouble() throws {
        fail(ECONNABORTED)
        #expect(accepts())
        try listener.throwIfErrorCaught()
    }

    @Test func anythingElseIsPassedOn() throws {
        fail(EPERM)
        #expect(throws: IOError.self) { try listener.throwIfErrorCaught() }
    }

    @Test func noMoreThanTheLimitAreAccepted() throws {
        let first = try connect()
        #expect(accepts())
        _ = try connect()
        #expect(!accepts())
        #expect(shortages.current == .connections)
        try first.close().wait()
        listener.embeddedEventLoop.run()
        #expect(accepts())
        #expect(shortages.current == nil)
    }

    @Test func ofTwoThingsThatRanOutEachEndsByItself() throws {
        let first = try connect()
        let second = try connect()
        fail(EMFILE)
        try first.close().wait()
        listener.embeddedEventLoop.run()
        #expect(shortages.current == .descriptors && !accepts())
        _ = try connect()
        listener.embeddedEventLoop.advanceTime(by: .milliseconds(500))
        #expect(shortages.current == .connections && !accepts())
        try second.close().wait()
        listener.embeddedEventLoop.run()
        #expect(shortages.current == nil && accepts())
    }

    @Test func theSocketClosesWhenNoConnectionIsOnItsWay() throws {
        let gate = try listener.pipeline.syncOperations.handler(type: AcceptGate.self)
        let child = try connect()
        let heard = Heard()
        gate.leave()
        // Only now its handlers are there.
        try child.pipeline.syncOperations.addHandler(heard)
        #expect(!accepts())
        #expect(listener.isActive)
        gate.handedOver(ObjectIdentifier(child))
        #expect(!listener.isActive && child.isActive)
        #expect(heard.isToEnd, "it is told, although it was told too early before")
    }

    private final class Heard: ChannelInboundHandler {
        typealias InboundIn = NIOAny
        var isToEnd = false

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event is ChannelShouldQuiesceEvent { isToEnd = true }
        }
    }
}
