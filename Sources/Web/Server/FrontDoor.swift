import Accounts
import HTTPTypes
import HummingbirdCore
import Integrations
import NIOCore
import NIOHTTPTypes

/// The first to see a request on a connection, on the connection's own event loop.
///
/// - Answers an exchange that memory knows right here: no task, no router, no parse. Whatever it does not know goes on to
///   the router as if nothing had happened.
/// - Refuses a body that is too large before it is read, and gives up on one that drips.
final class FrontDoor: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// How long a request may take to arrive.
    static let arrivalLimit = TimeAmount.seconds(30)
    /// A form of an exchange is smaller than this.
    private static let largestForm = 4096

    private enum State {
        /// Between requests.
        case idle
        /// An exchange that memory may know.
        case collecting(HTTPRequest, ByteBuffer)
        /// A request for the router, with the bytes of its body so far.
        case passing(Int)
        /// The connection is about to close; what still arrives is dropped.
        case closing
    }

    private let recall: ExchangeRecall
    private var state = State.idle
    /// Requests that the router has not answered yet. While there are any, ours must wait their turn.
    private var unanswered = 0
    private var deadline: Scheduled<Void>?

    init(recall: ExchangeRecall) { self.recall = recall }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (_, .closing): break
        case (.head(let head), _): receive(head, context)
        case (.body(let part), .collecting(let head, var form)):
            form.writeImmutableBuffer(part)
            guard form.readableBytes <= Self.largestForm else {
                pass(head, form, context)
                break
            }
            state = .collecting(head, form)
        case (.body(let part), .passing(let count)):
            let total = count + part.readableBytes
            guard total <= BodyLimit.bytes + Self.largestForm else {
                refuseBody(context)
                break
            }
            state = .passing(total)
            context.fireChannelRead(wrapInboundOut(.body(part)))
        case (.body, .idle): break
        case (.end, .collecting(let head, let form)):
            arrived()
            guard let answer = recall.answer(head, form) else {
                pass(head, form, context)
                state = .idle
                context.fireChannelRead(wrapInboundOut(.end(nil)))
                break
            }
            state = .idle
            context.write(wrapOutboundOut(.head(answer.head)), promise: nil)
            context.write(wrapOutboundOut(.body(answer.body)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        case (.end(let trailers), _):
            arrived()
            state = .idle
            context.fireChannelRead(wrapInboundOut(.end(trailers)))
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { unanswered -= 1 }
        context.write(data, promise: promise)
    }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    private func receive(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        let length = head.headerFields[.contentLength].flatMap { Int($0) } ?? 0
        guard length <= BodyLimit.bytes else {
            refuseBody(context)
            return
        }
        if unanswered == 0, length > 0, length <= Self.largestForm, recall.mayKnow(head) {
            var form = context.channel.allocator.buffer(capacity: length)
            form.clear()
            state = .collecting(head, form)
        } else {
            pass(head, nil, context)
        }
        if head.method != .get, length > 0 || head.headerFields[.transferEncoding] != nil {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            deadline = context.eventLoop.scheduleTask(in: Self.arrivalLimit) { bound.value.close(promise: nil) }
        }
    }

    private func arrived() {
        deadline?.cancel()
        deadline = nil
    }

    private func pass(_ head: HTTPRequest, _ body: ByteBuffer?, _ context: ChannelHandlerContext) {
        unanswered += 1
        state = .passing(body?.readableBytes ?? 0)
        context.fireChannelRead(wrapInboundOut(.head(head)))
        if let body, body.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(.body(body))) }
    }

    /// Says so and closes: what was not read cannot be skipped on a connection that goes on.
    private func refuseBody(_ context: ChannelHandlerContext) {
        state = .closing
        arrived()
        guard unanswered == 0 else {
            context.close(promise: nil)
            return
        }
        let (head, body) = recall.tooLarge()
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
    }
}
