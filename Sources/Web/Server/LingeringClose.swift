import NIOCore

/// Ends a connection at once, whatever is on its way.
struct AbortConnection: Sendable {}

/// Closes a connection in two steps (RFC 9112, section 9.6), so that its client can read the last answer.
///
/// A socket that is closed while bytes of the client are unread sends a reset, and the client loses the answer that was
/// on its way. So the output is closed first. What the client still sends is read and dropped until the client closes
/// its side, sends next to nothing, or has had time enough.
///
/// It stands next to the socket, so every close that comes from above passes it.
final class LingeringClose: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// How long the client may go on sending.
    struct Limits: Sendable {
        /// Between two looks at how much has arrived.
        var interval = TimeAmount.seconds(5)
        /// In bytes per interval. A client that sends less is not waited for.
        var leastProgress = 16 * 1024
        /// In all.
        var total = TimeAmount.seconds(30)
        /// In all, while the server shuts down.
        var totalAtShutdown = TimeAmount.seconds(1)
    }

    private enum State {
        case open
        /// What was written is on its way to the client. How slow it may read is for `UnreadAnswers` to say.
        case flushing
        /// The output is closed.
        case lingering(since: NIODeadline)
    }

    private let limits: Limits
    private var state = State.open
    private var isInputClosed = false
    private var isShuttingDown = false
    private var dropped = 0
    private var check: Scheduled<Void>?

    init(limits: Limits = Limits()) { self.limits = limits }

    func handlerRemoved(context: ChannelHandlerContext) { check?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        check?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .open = state { return context.fireChannelRead(data) }
        dropped += unwrapInboundIn(data).readableBytes
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Nobody above asks for more, since nothing arrives there.
        if case .open = state { return }
        context.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { isShuttingDown = true }
        if let event = event as? ChannelEvent, event == .inputClosed {
            isInputClosed = true
            if case .lingering = state { finish(context) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode != .input else { return context.close(mode: mode, promise: promise) }
        if mode == .all { context.channel.closeFuture.cascade(to: promise) }
        if case .open = state { linger(context) }
        if mode == .output { promise?.succeed() }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is AbortConnection else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        finish(context)
        promise?.succeed()
    }

    private func linger(_ context: ChannelHandlerContext) {
        state = .flushing
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        // The future of the last write tells that everything before it has been flushed.
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(ByteBuffer()))).whenComplete { _ in
            let (handler, context) = bound.value
            if handler.isInputClosed { return handler.finish(context) }
            context.close(mode: .output, promise: nil)
            handler.state = .lingering(since: context.eventLoop.now)
            handler.schedule(context)
            context.read()
        }
    }

    private func finish(_ context: ChannelHandlerContext) {
        check?.cancel()
        context.close(mode: .all, promise: nil)
    }

    private func schedule(_ context: ChannelHandlerContext) {
        let before = dropped
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        check = context.eventLoop.scheduleTask(in: isShuttingDown ? limits.totalAtShutdown : limits.interval) {
            let (handler, context) = bound.value
            let isProgressing = handler.dropped - before >= handler.limits.leastProgress
            guard isProgressing, handler.hasTime(context.eventLoop.now) else { return handler.finish(context) }
            handler.schedule(context)
        }
    }

    private func hasTime(_ now: NIODeadline) -> Bool {
        guard case .lingering(let since) = state else { return false }
        return !isShuttingDown && now < since + limits.total
    }
}
