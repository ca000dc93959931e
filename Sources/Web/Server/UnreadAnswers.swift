import NIOCore

/// An event whose promise is kept when everything that was written before has been handed to the kernel.
struct AwaitFlush: Sendable {}

/// Closes a connection whose client does not read its answer: until it does, the answer lies in the server's memory.
///
/// It stands next to the socket, behind everything that writes.
final class UnreadAnswers: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// How long a client may take to read `least`, or what is left.
    private let patience: TimeAmount
    private let unread: (any Channel) -> Int
    /// In bytes; over half a minute it is what a bad mobile connection still does.
    private static let least = 128 * 1024

    private var check: Scheduled<Void>?
    /// The bytes that were ever written here. What of it was read is told by this, and not by what waits: a long answer is
    /// written on while it is read.
    private var written = 0

    /// - Parameter unread: how many bytes the kernel has not taken yet.
    init(patience: TimeAmount = .seconds(30), unread: @escaping (any Channel) -> Int = UnreadAnswers.waiting) {
        self.patience = patience
        self.unread = unread
    }

    func handlerRemoved(context: ChannelHandlerContext) { check?.cancel() }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        written += unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        // Nearly always the kernel has taken everything by now.
        if check == nil { watch(context) }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is AwaitFlush else { return context.triggerUserOutboundEvent(event, promise: promise) }
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(ByteBuffer())), promise: promise)
    }

    private func watch(_ context: ChannelHandlerContext) {
        let unread = unread(context.channel)
        guard unread > 0 else {
            check = nil
            return
        }
        let readBefore = written - unread
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        check = context.eventLoop.scheduleTask(in: patience) {
            let (door, context) = bound.value
            let unread = door.unread(context.channel)
            guard unread == 0 || door.written - unread >= readBefore + Self.least else {
                context.close(promise: nil)
                return
            }
            door.watch(context)
        }
    }

    /// What waits in the channel.
    static func waiting(_ channel: any Channel) -> Int {
        (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}
