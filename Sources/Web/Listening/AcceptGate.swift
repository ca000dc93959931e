import Glibc
import NIOCore

/// Decides when a listening socket may take its next connection; it stands next to that socket.
///
/// NIO's server channel stays registered for reading after a failed `accept`, so that a process without a free descriptor
/// spins. Here reading is switched off, and on again when there is a reason to try.
final class AcceptGate: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    /// Why reading is switched off.
    private enum Obstacle {
        case full
        case shortage
        case leaving
    }

    /// How long after a failure it is tried again.
    private static let pause = TimeAmount.milliseconds(500)

    private let limit: Int
    private let place: String
    private let shortages: Shortages
    private var obstacles: Set<Obstacle> = []
    private var open: [ObjectIdentifier: any Channel] = [:]
    /// Accepted and not handed over yet: a server channel that closes meanwhile loses them.
    private var arriving: Set<ObjectIdentifier> = []
    private var context: ChannelHandlerContext?

    /// - Parameters:
    ///   - limit: how many connections may be open.
    ///   - place: what the log calls the listener.
    init(limit: Int, place: String, shortages: Shortages) {
        self.limit = limit
        self.place = place
        self.shortages = shortages
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        shortages.end(Shortages.Kind.allCases, at: place)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let child = unwrapInboundIn(data)
        let id = ObjectIdentifier(child)
        open[id] = child
        arriving.insert(id)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        child.closeFuture.hop(to: context.eventLoop).whenComplete { _ in bound.value.closed(id) }
        if open.count >= limit {
            shortages.begin(.connections, at: place)
            add(.full)
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let code = (error as? IOError)?.errnoCode else {
            context.fireErrorCaught(error)
            return
        }
        // A client that went away before it was accepted is no trouble of ours.
        guard code != ECONNABORTED else { return }
        guard let kind = Shortages.Kind(errno: code) else {
            context.fireErrorCaught(error)
            return
        }
        shortages.begin(kind, at: place)
        add(.shortage)
        tryLater(context)
    }

    /// Takes no more connections, tells each one that is open, and closes the socket when none is on its way.
    func leave() {
        add(.leaving)
        open.values.forEach(Self.tell)
        closeIfSettled()
    }

    /// Closes all that is open.
    func closeAll() {
        for child in open.values {
            child.triggerUserOutboundEvent(AbortConnection(), promise: nil)
            child.close(promise: nil)
        }
        context?.close(promise: nil)
    }

    /// A connection has been handed over to whoever answers it.
    func handedOver(_ id: ObjectIdentifier) {
        arriving.remove(id)
        // What it was told before its handlers were there, it has not heard.
        if obstacles.contains(.leaving) { open[id].map(Self.tell) }
        closeIfSettled()
    }

    private static func tell(_ child: any Channel) {
        child.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }

    private func closed(_ id: ObjectIdentifier) {
        open[id] = nil
        arriving.remove(id)
        if obstacles.contains(.full), open.count < limit {
            shortages.end([.connections], at: place)
            remove(.full)
        }
        closeIfSettled()
    }

    private func closeIfSettled() {
        guard obstacles.contains(.leaving), arriving.isEmpty else { return }
        context?.close(promise: nil)
    }

    /// Tries whether there is a descriptor before it asks for a connection.
    private func tryLater(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.pause) {
            let (gate, context) = bound.value
            guard gate.context != nil else { return }
            guard Shortages.hasDescriptor() || Shortages.Kind(errno: errno) == nil else {
                gate.tryLater(context)
                return
            }
            gate.shortages.end(Shortages.Kind.ofAccept, at: gate.place)
            gate.remove(.shortage)
        }
    }

    private func add(_ obstacle: Obstacle) {
        obstacles.insert(obstacle)
        try? context?.channel.syncOptions?.setOption(.autoRead, value: false)
    }

    private func remove(_ obstacle: Obstacle) {
        obstacles.remove(obstacle)
        guard obstacles.isEmpty else { return }
        try? context?.channel.syncOptions?.setOption(.autoRead, value: true)
    }
}
