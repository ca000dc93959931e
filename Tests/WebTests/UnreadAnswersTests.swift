import NIOCore
import NIOEmbedded
import Testing

@testable import Web

@Suite struct UnreadAnswersTests {
    /// What a client has not read yet, as the test says.
    private final class Kernel {
        var unread = 0
    }

    private let kernel = Kernel()
    private let channel: EmbeddedChannel

    init() throws {
        let kernel = kernel
        channel = EmbeddedChannel(handler: UnreadAnswers(patience: .seconds(30)) { _ in kernel.unread })
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
    }

    private func write(_ bytes: Int) {
        kernel.unread += bytes
        channel.writeAndFlush(ByteBuffer(repeating: 0, count: bytes), promise: nil)
    }

    @Test func whoReadsNothingLosesTheConnection() {
        write(1_000_000)
        channel.embeddedEventLoop.advanceTime(by: .seconds(29))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    @Test func whoReadsAByteNowAndThenLosesItToo() {
        write(1_000_000)
        kernel.unread -= 1000
        channel.embeddedEventLoop.advanceTime(by: .seconds(30))
        #expect(!channel.isActive)
    }

    @Test func aLongAnswerThatIsReadWhileItIsWrittenIsReadToItsEnd() {
        write(200_000)
        for _ in 1...20 {
            // As much is written as was read: what waits stays the same.
            kernel.unread -= 150_000
            write(150_000)
            channel.embeddedEventLoop.advanceTime(by: .seconds(30))
            #expect(channel.isActive)
        }
        kernel.unread = 0
        channel.embeddedEventLoop.advanceTime(by: .seconds(300))
        #expect(channel.isActive)
    }

    @Test func aShortAnswerIsWatchedAnewAfterAnother() {
        write(100)
        kernel.unread = 0
        channel.embeddedEventLoop.advanceTime(by: .seconds(30))
        write(100)
        channel.embeddedEventLoop.advanceTime(by: .seconds(29))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }
}
