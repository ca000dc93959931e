import NIOCore

/// Closes a connection whose client does not read its answer: until it does, the answer lies in the server's memory.
///
/// It stands next to the socket, behind everything that writes.
final class UnreadAnswers: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// How long a client may take to read `least`, or what is left.
    private let patience: TimeAmount
    /// In bytes; over half a minute it is what a bad mobile connection still does.
    private static let least = 128 * 1024

    private var check: Scheduled<Void>?

    init(patience: TimeAmount = .seconds(30)) { self.patience = patience }

    func handlerRemoved(context: ChannelHandlerContext) { check?.cancel() }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        // Nearly always the kernel has taken everything by now.
        if check == nil { watch(Self.unread(context), context) }
    }

    private func watch(_ before: Int, _ context: ChannelHandlerContext) {
        guard before > 0 else {
            check = nil
            return
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        check = context.eventLoop.scheduleTask(in: patience) {
            let (door, context) = bound.value
            let unread = Self.unread(context)
            guard unread == 0 || unread <= before - Self.least else {
                context.close(promise: nil)
                return
            }
            door.watch(unread, context)
        }
    }

    private static func unread(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}
