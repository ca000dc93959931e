import Accounts
import Integrations
import NIOCore
import NIOHTTP1

/// The first to see a request on a connection, on the connection's own event loop.
///
/// - Answers an exchange that memory knows right here: no task, no router, no parse. Whatever it does not know goes on to
///   the router as if nothing had happened.
/// - Refuses a body that is too large before it is read, and gives up on one that drips.
///
/// It stands directly behind the HTTP decoder, and what it answers leaves as one buffer, past the encoder.
final class FrontDoor: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// How long what follows a refusal is dropped.
    private static let drainLimit = TimeAmount.seconds(2)
    /// A form of an exchange is smaller than this.
    private static let largestForm = 4096

    private enum State {
        /// Between requests.
        case idle
        /// An exchange that memory may know.
        case collecting(HTTPRequestHead, ByteBuffer?)
        /// A request for the router, with the bytes of its body so far, and how many there may be.
        case passing(Int, limit: Int)
        /// The connection is about to close; what still arrives is dropped.
        case closing
    }

    private let recall: ExchangeRecall
    /// Where an answer goes that is encoded already: the far side of the encoder.
    private var encoder: ChannelHandlerContext?
    private var state = State.idle
    /// The requests that the router has not answered yet, oldest first. While there are any, ours must wait their turn.
    private var unanswered: [HTTPMethod] = []
    private var deadline: Scheduled<Void>?

    private let limits: ArrivalLimits

    init(recall: ExchangeRecall, limits: ArrivalLimits) {
        self.recall = recall
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        encoder = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        encoder = nil
        arrived()
    }

    func channelInactive(context: ChannelHandlerContext) {
        arrived()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (_, .closing): break
        case (.head(let head), _): receive(head, context)
        case (.body(let part), .collecting(let head, let form)):
            var form = form
            if form?.writeImmutableBuffer(part) == nil { form = part }
            guard let collected = form, collected.readableBytes <= Self.largestForm else {
                pass(head, form, context)
                break
            }
            state = .collecting(head, collected)
        case (.body(let part), .passing(let count, let limit)):
            let total = count + part.readableBytes
            guard total <= limit + Self.largestForm else {
                // The router has said so by now, or is about to; there is nothing to add but the end.
                state = .closing
                arrived()
                context.close(promise: nil)
                break
            }
            state = .passing(total, limit: limit)
            context.fireChannelRead(wrapInboundOut(.body(part)))
        case (.body, .idle): break
        case (.end, .collecting(let head, let form)):
            arrived()
            if let form, let encoder, let answer = recall.answer(head, form) {
                encoder.writeAndFlush(NIOAny(answer), promise: nil)
            } else {
                pass(head, form, context)
                context.fireChannelRead(wrapInboundOut(.end(nil)))
            }
            state = .idle
        case (.end(let trailers), _):
            arrived()
            state = .idle
            context.fireChannelRead(wrapInboundOut(.end(trailers)))
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .body where unanswered.first == .HEAD:
            // The next answer would be read from these bytes (RFC 9110, section 9.3.2).
            promise?.succeed()
            return
        case .end where !unanswered.isEmpty: unanswered.removeFirst()
        default: break
        }
        context.write(data, promise: promise)
    }

    private func receive(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        let limit = limits.limit(of: head)
        guard length <= limit.bytes else {
            refuseBody(limit.refusal, context)
            return
        }
        if unanswered.isEmpty, length > 0, length <= Self.largestForm, recall.mayKnow(head) {
            state = .collecting(head, nil)
        } else {
            pass(head, nil, context)
        }
        if length > 0 || head.headers.contains(name: "transfer-encoding") {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            deadline = context.eventLoop.scheduleTask(in: limit.arrival) { bound.value.close(promise: nil) }
        }
    }

    private func arrived() {
        deadline?.cancel()
        deadline = nil
    }

    private func pass(_ head: HTTPRequestHead, _ body: ByteBuffer?, _ context: ChannelHandlerContext) {
        unanswered.append(head.method)
        state = .passing(body?.readableBytes ?? 0, limit: limits.limit(of: head).bytes)
        context.fireChannelRead(wrapInboundOut(.head(head)))
        if let body, body.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(.body(body))) }
    }

    /// Says so and closes: what was not read cannot be skipped on a connection that goes on.
    ///
    /// Our side closes first and what still comes is dropped for a moment, because a connection that is closed with bytes
    /// unread is reset, and the answer lost with it.
    private func refuseBody(_ refusal: Refusal, _ context: ChannelHandlerContext) {
        state = .closing
        arrived()
        guard unanswered.isEmpty, let encoder else {
            context.close(promise: nil)
            return
        }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        encoder.writeAndFlush(NIOAny(recall.tooLarge(refusal))).whenComplete { _ in
            bound.value.close(mode: .output, promise: nil)
        }
        deadline = context.eventLoop.scheduleTask(in: Self.drainLimit) { bound.value.close(promise: nil) }
    }
}

/// Puts the front door where Hummingbird adds no handlers of others: between the HTTP decoder and its own codec.
final class FrontDoorInstaller: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let door: FrontDoor

    init(recall: ExchangeRecall, limits: ArrivalLimits) { door = FrontDoor(recall: recall, limits: limits) }

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        do {
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(door, position: .after(decoder))
            try pipeline.addHandler(UnreadAnswers(), position: .first)
        } catch {
            // Without its front door a connection has no limits: better none than that one.
            context.close(promise: nil)
        }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
