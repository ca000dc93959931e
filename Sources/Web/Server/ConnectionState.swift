import Accounts
import NIOCore
import NIOHTTP1

/// Follows the requests and answers of one HTTP/1.1 connection.
///
/// It decides which answer is the connection's last, which request is refused before its body is read, and how long the
/// connection may wait. It has no effects: events and times go in, and the caller does what comes out.
struct ConnectionState {
    /// How long a connection may wait for its client.
    struct Limits: Sendable {
        /// For the next request, or the rest of its head.
        var idle = TimeAmount.seconds(75)
        /// For a body, beside what its size is worth.
        var body = TimeAmount.seconds(30)
        /// A body may take a second longer for each so many bytes that have arrived.
        var bytesPerSecond = 64 * 1024
        /// For the next request while the server shuts down. A client whose request was on its way still gets an answer.
        var idleAtShutdown = TimeAmount.milliseconds(500)
        /// A timer that fires later than this tells that the process was paused, or busy with others.
        var lateness = TimeAmount.seconds(1)
    }

    /// What the end of an answer means for the connection.
    enum Continuation: Equatable {
        /// The next request may come.
        case goOn
        /// The next request was refused before it reached the router: send this, then close.
        case refuse(Refusal)
        /// That was the last answer.
        case close
    }

    /// What is to be done when a time is over.
    enum Expiry: Equatable {
        /// Nothing before this time.
        case wait(NIODeadline)
        /// Nothing at all: the server's own work is under way.
        case nothing
        /// The client sent nothing.
        case close
        /// The client sent too little: refuse the request that is under way.
        case refuse
    }

    private enum Input: Equatable {
        /// Between two requests.
        case idle(since: NIODeadline)
        /// Within a request.
        case body(since: NIODeadline, received: Int, limit: Int)
        /// All requests that came are complete.
        case complete
        /// Nothing that still arrives counts.
        case ignored
    }

    private struct Pending {
        let method: HTTPMethod
        /// Whether the connection closes after this answer.
        var isLast: Bool
        /// Whether the client waits for `100 Continue` before it sends the body (RFC 9110, section 10.1.1).
        var isExpecting = false
        /// Set where the request is answered with this and not by the router.
        var refusal: Refusal?
    }

    private let limits: Limits
    private var input: Input
    /// The requests without a complete answer, oldest first.
    private var pending: [Pending] = []
    private var hasAnswerBegun = false
    private(set) var isShuttingDown = false
    /// Whether the last answer is complete.
    private(set) var isOver = false

    init(limits: Limits = Limits(), at now: NIODeadline) {
        self.limits = limits
        input = .idle(since: now)
    }

    /// Whether an answer given now would be the next one that the client reads.
    var isQuiet: Bool { pending.isEmpty && !isOver && input != .ignored }

    /// Whether what arrives is dropped.
    var isIgnoring: Bool { input == .ignored }

    /// Whether the answer under way is one to HEAD, which has no body (RFC 9110, section 9.3.2).
    var answersHead: Bool { pending.first?.method == .HEAD }

    /// A request for the router begins.
    ///
    /// - Parameter isExpecting: whether its client waits for `100 Continue` before it sends the body.
    mutating func requestBegins(
        _ method: HTTPMethod, isLast: Bool, limit: Int, isExpecting: Bool = false, at now: NIODeadline
    ) {
        pending.append(Pending(method: method, isLast: isLast, isExpecting: isExpecting))
        input = .body(since: now, received: 0, limit: limit)
    }

    /// A request begins that is refused for its head alone.
    ///
    /// - Returns: whether the refusal is to be sent now; otherwise earlier answers come first.
    mutating func requestIsRefused(_ method: HTTPMethod, _ refusal: Refusal) -> Bool {
        pending.append(Pending(method: method, isLast: true, refusal: refusal))
        input = .ignored
        return pending.count == 1
    }

    /// The body of the request that is answered now is wanted.
    ///
    /// - Returns: whether its client waits to be told so. It is told once, before any of the answer, and not where it has begun to
    ///   send.
    mutating func bodyIsWanted() -> Bool {
        guard case .body(_, 0, _) = input, pending.count == 1, pending[0].isExpecting, !hasAnswerBegun, !isOver else {
            return false
        }
        pending[0].isExpecting = false
        return true
    }

    /// Bytes of a body arrive.
    ///
    /// - Returns: false where the body has become too large.
    mutating func bodyArrives(_ bytes: Int) -> Bool {
        guard case .body(let since, let received, let limit) = input else { return true }
        input = .body(since: since, received: received + bytes, limit: limit)
        return received + bytes <= limit
    }

    /// A request is complete.
    mutating func requestEnds(at now: NIODeadline) {
        guard case .body = input else { return }
        if let last = pending.last { input = last.isLast ? .ignored : .complete } else { input = .idle(since: now) }
    }

    /// The request that is complete now was answered without the router.
    ///
    /// - Returns: whether that was the last answer.
    mutating func requestWasAnswered(at now: NIODeadline) -> Bool {
        pending.removeLast()
        input = .idle(since: now)
        if isShuttingDown { end() }
        return isOver
    }

    /// Refuses the request whose body is arriving.
    ///
    /// - Returns: whether the refusal is to be sent now. Where earlier answers come first it waits; where the router's
    ///   answer has begun, that is the answer.
    mutating func refuseBody(_ refusal: Refusal) -> Bool {
        input = .ignored
        guard let index = pending.indices.last else { return false }
        pending[index].isLast = true
        guard index > 0 || !hasAnswerBegun else { return false }
        pending[index].refusal = refusal
        return index == 0
    }

    /// An answer of the router begins.
    ///
    /// - Returns: whether it says `Connection: close`.
    mutating func answerBegins() -> Bool {
        hasAnswerBegun = true
        // Without a request it is the answer to a head that could not be read.
        guard !pending.isEmpty else { return true }
        // The rest of the body would have to be read before the next request can be.
        if pending.count == 1, case .body = input { pending[0].isLast = true }
        if isShuttingDown, pending.count == 1 { pending[0].isLast = true }
        return pending[0].isLast
    }

    /// An answer is complete.
    mutating func answerEnds(at now: NIODeadline) -> Continuation {
        hasAnswerBegun = false
        guard !pending.isEmpty, !pending.removeFirst().isLast else {
            isOver = true
            input = .ignored
            return .close
        }
        if let refusal = pending.first?.refusal { return .refuse(refusal) }
        if pending.isEmpty, input == .complete { input = .idle(since: now) }
        return .goOn
    }

    /// The last answer was sent, whoever gave it.
    mutating func end() {
        isOver = true
        input = .ignored
    }

    /// The server shuts down.
    mutating func shutDown(at now: NIODeadline) {
        isShuttingDown = true
        if case .idle = input { input = .idle(since: now) }
    }

    /// When to look again whether the client is too slow; nil where only the server is waited for.
    var deadline: NIODeadline? {
        switch input {
        case .idle(let since): since + (isShuttingDown ? limits.idleAtShutdown : limits.idle)
        case .body(let since, let received, _):
            since + limits.body + .milliseconds(Int64(received) * 1000 / Int64(limits.bytesPerSecond))
        case .complete, .ignored: nil
        }
    }

    /// Looks whether the client is too slow.
    ///
    /// - Parameter due: for when the look was planned. Time in which this process did not run is not the client's.
    mutating func expire(at now: NIODeadline, due: NIODeadline) -> Expiry {
        if now > due + limits.lateness { postpone(by: now - due + limits.lateness) }
        guard let deadline else { return .nothing }
        guard deadline <= now else { return .wait(deadline) }
        if case .idle = input { return .close }
        return .refuse
    }

    private mutating func postpone(by time: TimeAmount) {
        switch input {
        case .idle(let since): input = .idle(since: since + time)
        case .body(let since, let received, let limit):
            input = .body(since: since + time, received: received, limit: limit)
        case .complete, .ignored: break
        }
    }
}
