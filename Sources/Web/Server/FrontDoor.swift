import Accounts
import Integrations
import NIOCore
import NIOHTTP1

/// The first to see a request on a connection, on the connection's own event loop.
///
/// - Answers an exchange that memory knows right here: no task, no router, no parse. Whatever it does not know goes on to
///   the router as if nothing had happened.
/// - Refuses a body that is too large before it is read, and one that arrives too slowly.
/// - Closes the connection after an answer that must be its last.
///
/// It stands directly behind the HTTP decoder, and what it answers leaves as one buffer, past the encoder.
/// `ConnectionState` decides, this handler acts.
final class FrontDoor: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// A form of an exchange is smaller than this, in bytes.
    private static let largestForm = 4096
    private static let unreadableLength = Refusal(
        .parameter, "Content-Length must be a number below 2^63: send the length of the body in bytes.")
    private static let tooSlow = Refusal(
        .requestTimeout, "The body arrived too slowly: send it again over a faster connection.")

    /// An exchange that memory may know, with its body so far.
    private struct Candidate {
        let head: HTTPRequestHead
        var form: ByteBuffer?
    }

    private let recall: ExchangeRecall
    private let limits: ArrivalLimits
    private let connectionLimits: ConnectionState.Limits
    private var state: ConnectionState
    private var candidate: Candidate?
    /// What holds for the request that is arriving.
    private var limit: ArrivalLimits.Limit
    /// Where an answer goes that is encoded already: the far side of the encoder.
    private var encoder: ChannelHandlerContext?
    private var watchdog: (task: Scheduled<Void>, due: NIODeadline)?

    init(recall: ExchangeRecall, limits: ArrivalLimits, connectionLimits: ConnectionState.Limits) {
        self.recall = recall
        self.limits = limits
        self.connectionLimits = connectionLimits
        limit = limits.usual
        state = ConnectionState(limits: connectionLimits, at: .now())
    }

    func handlerAdded(context: ChannelHandlerContext) {
        encoder = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
        state = ConnectionState(limits: connectionLimits, at: context.eventLoop.now)
        watch(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        encoder = nil
        stopWatching()
    }

    func channelInactive(context: ChannelHandlerContext) {
        state.end()
        stopWatching()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ChannelShouldQuiesceEvent else { return context.fireUserInboundEventTriggered(event) }
        // Not passed on: the handlers above would close an idle connection at once, and a request that is on its way
        // would be lost.
        state.shutDown(at: context.eventLoop.now)
        watch(context)
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !state.isIgnoring else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): receive(head, context)
        case .body(let part):
            guard state.bodyArrives(part.readableBytes) else { return refuseBody(limit.refusal, context) }
            guard candidate != nil else { return context.fireChannelRead(wrapInboundOut(.body(part))) }
            if candidate?.form?.writeImmutableBuffer(part) == nil { candidate?.form = part }
            if (candidate?.form?.readableBytes ?? 0) > Self.largestForm { passCandidate(context) }
        case .end(let trailers):
            if answerFromMemory(context) { return }
            passCandidate(context)
            state.requestEnds(at: context.eventLoop.now)
            context.fireChannelRead(wrapInboundOut(.end(trailers)))
        }
    }

    private func receive(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let body = BodyHeaders(head)
        limit = limits.limit(of: head)
        guard let length = body.length else { return refuse(head, Self.unreadableLength, context) }
        guard length <= limit.bytes else { return refuse(head, limit.refusal, context) }
        let isCandidate = length > 0 && length <= Self.largestForm && state.isQuiet && recall.mayKnow(head)
        // After CONNECT, or a request that asks for an upgrade, the decoder reads nothing more, because the bytes that
        // follow could be of another protocol. Upgrades are ignored here (RFC 9110, section 7.8).
        let isLast = !head.isKeepAlive || body.asksForUpgrade || head.method == .CONNECT
        // HTTP/1.0 knows no interim answers.
        let isExpecting = body.isExpecting && head.version == .http1_1
        state.requestBegins(
            head.method, isLast: isLast, limit: limit.bytes, isExpecting: isExpecting, at: context.eventLoop.now)
        if isCandidate {
            candidate = Candidate(head: head)
        } else {
            context.fireChannelRead(wrapInboundOut(.head(head)))
        }
        if length > 0 || body.isChunked { watch(context) }
    }

    /// Hands the router a request that memory does not know.
    private func passCandidate(_ context: ChannelHandlerContext) {
        guard let candidate else { return }
        self.candidate = nil
        context.fireChannelRead(wrapInboundOut(.head(candidate.head)))
        if let form = candidate.form { context.fireChannelRead(wrapInboundOut(.body(form))) }
    }

    private func answerFromMemory(_ context: ChannelHandlerContext) -> Bool {
        // A client that reads no answers must not make them pile up here: the router's writer waits until it reads.
        guard context.channel.isWritable, let form = candidate?.form, let head = candidate?.head, let encoder,
            let answer = recall.answer(head, form, isLast: state.isShuttingDown)
        else { return false }
        candidate = nil
        encoder.writeAndFlush(NIOAny(answer), promise: nil)
        if state.requestWasAnswered(at: context.eventLoop.now) { context.close(promise: nil) }
        return true
    }

    // MARK: Answers

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is BodyIsWanted else { return context.triggerUserOutboundEvent(event, promise: promise) }
        if state.bodyIsWanted() {
            encoder?.writeAndFlush(NIOAny(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
        }
        promise?.succeed()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !state.isOver else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            if head.status.code >= 200, state.answerBegins() {
                head.headers.replaceOrAdd(name: "Connection", value: "close")
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body where state.answersHead:
            // The client would read the next answer from these bytes.
            promise?.succeed()
        case .body: context.write(data, promise: promise)
        case .end:
            context.write(data, promise: promise)
            switch state.answerEnds(at: context.eventLoop.now) {
            case .goOn: watch(context)
            case .close:
                context.flush()
                context.close(promise: nil)
            case .refuse(let refusal): sendLast(refusal, context)
            }
        }
    }

    // MARK: Refusals and the end

    private func refuse(_ head: HTTPRequestHead, _ refusal: Refusal, _ context: ChannelHandlerContext) {
        if state.requestIsRefused(head.method, refusal) { sendLast(refusal, context) }
    }

    /// Refuses the request whose body is arriving.
    private func refuseBody(_ refusal: Refusal, _ context: ChannelHandlerContext) {
        let isWithRouter = candidate == nil
        candidate = nil
        if state.refuseBody(refusal) { sendLast(refusal, context) }
        // The handler that waits for the rest of the body must not wait for ever.
        if isWithRouter { context.fireErrorCaught(ChannelError.inputClosed) }
    }

    private func sendLast(_ refusal: Refusal, _ context: ChannelHandlerContext) {
        let answer = recall.refusal(refusal, withBody: !state.answersHead)
        state.end()
        encoder?.writeAndFlush(NIOAny(answer), promise: nil)
        context.close(promise: nil)
    }

    // MARK: Time

    /// Makes sure that somebody looks when the client's time is over. The timer is moved forward only when it fires, so
    /// a request costs none.
    private func watch(_ context: ChannelHandlerContext) {
        guard let due = state.deadline, watchdog.map({ due < $0.due }) ?? true else { return }
        watchdog?.task.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(deadline: due) {
            let (door, context) = bound.value
            door.watchdog = nil
            door.look(context, due: due)
        }
        watchdog = (task, due)
    }

    private func look(_ context: ChannelHandlerContext, due: NIODeadline) {
        switch state.expire(at: context.eventLoop.now, due: due) {
        case .wait: watch(context)
        case .nothing: break
        case .close:
            state.end()
            context.close(promise: nil)
        case .refuse: refuseBody(Self.tooSlow, context)
        }
    }

    private func stopWatching() {
        watchdog?.task.cancel()
        watchdog = nil
    }
}

/// What a head says about the body, found in one pass over the headers.
private struct BodyHeaders {
    /// In bytes; 0 where nothing is said, nil where it is no number that can be counted to.
    private(set) var length: Int? = 0
    private(set) var isChunked = false
    private(set) var asksForUpgrade = false
    private(set) var isExpecting = false

    init(_ head: HTTPRequestHead) {
        for (name, value) in head.headers {
            switch name.utf8.count {
            case 6 where name.isEqualIgnoringCase(to: "expect"):
                isExpecting = isExpecting || value.isEqualIgnoringCase(to: "100-continue")
            case 7 where name.isEqualIgnoringCase(to: "upgrade"): asksForUpgrade = true
            case 14 where name.isEqualIgnoringCase(to: "content-length"): length = Int(value)
            case 17 where name.isEqualIgnoringCase(to: "transfer-encoding"): isChunked = true
            default: continue
            }
        }
    }
}

/// Puts the connection's own handlers where Hummingbird adds none of others: next to the socket, and between the HTTP
/// decoder and its own codec.
final class FrontDoorInstaller: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let door: FrontDoor

    init(recall: ExchangeRecall, limits: ArrivalLimits, connectionLimits: ConnectionState.Limits) {
        door = FrontDoor(recall: recall, limits: limits, connectionLimits: connectionLimits)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        do {
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(door, position: .after(decoder))
            try pipeline.addHandlers([UnreadAnswers(), LingeringClose()], position: .first)
        } catch {
            // Without its front door a connection has no limits: better none than that one.
            context.close(promise: nil)
        }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
