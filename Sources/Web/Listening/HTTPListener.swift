import Glibc
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
public import ServiceLifecycle

/// Takes connections at a socket that is bound already, answers them, and ends without losing a request.
///
/// Hummingbird's own server binds its socket itself, so none can be inherited, and closes connections in the middle of a
/// keep-alive when it ends.
public struct HTTPListener: Service {
    /// The settings of one listener.
    struct Traits: Sendable {
        /// What the log calls it.
        let name: String
        let maximumConnections: Int
        /// How long requests may take that are under way at the end.
        let drain: Duration
    }

    /// Connections that wait in the kernel; it takes no more than `net.core.somaxconn`.
    private static let backlog: Int32 = 4096
    /// In bytes; the kernel doubles it. By default it would take 4 MiB for each client that does not read.
    private static let sendBuffer: CInt = 128 * 1024
    /// In milliseconds. The kernel ends a connection whose client takes nothing of what it holds for so long (tcp(7)), which
    /// no part of this process would notice.
    private static let unreadTimeout: CInt = 60_000
    /// After a failure that closed the socket's channel.
    private static let pause = Duration.seconds(1)

    private typealias Connections = NIOAsyncChannel<HTTP1Channel.Value, Never>

    private let socket: ListeningSocket
    private let traits: Traits
    private let http: HTTP1Channel
    private let departure = Departure()
    private let shortages: Shortages
    private let logger: Logger
    private let onRunning: @Sendable () async -> Void

    init<Responder: HTTPResponder>(
        _ socket: ListeningSocket, _ traits: Traits, responder: Responder, shortages: Shortages,
        configuration: HTTP1Channel.Configuration, logger: Logger, onRunning: @escaping @Sendable () async -> Void
    ) where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
        self.socket = socket
        self.traits = traits
        self.shortages = shortages
        self.logger = logger
        self.onRunning = onRunning
        http = HTTP1Channel(responder: Self.answering(responder, logger), configuration: configuration)
    }

    /// Serves until the shutdown; then answers what is under way.
    ///
    /// - Throws: `ListenerFailure` where it cannot begin.
    public func run() async throws {
        let connections = try await open()
        await onRunning()
        // Not cancelled with this task: a connection that was accepted must be taken over by somebody.
        let serving = Task { await serve(connections) }
        await withTaskCancellationOrGracefulShutdownHandler {
            await serving.value
        } onCancelOrGracefulShutdown: {
            departure.enter(.leaving)
            Task {
                try? await Task.sleep(for: traits.drain)
                departure.enter(.over)
            }
        }
    }

    private func serve(_ first: Connections) async {
        await withDiscardingTaskGroup { group in
            var connections: Connections? = first
            while let current = connections {
                await accept(current, in: &group)
                connections = nil
                while connections == nil, !departure.hasBegun {
                    logger.error("a listener has failed and begins anew", metadata: ["listener": "\(traits.name)"])
                    try? await Task.sleep(for: Self.pause)
                    do { connections = try await open() } catch {
                        logger.error("a listener cannot begin", metadata: ["cause": "\(error)"])
                    }
                }
            }
            socket.close()
        }
    }

    private func accept(_ connections: Connections, in group: inout DiscardingTaskGroup) async {
        let gate = try? await connections.channel.eventLoop.submit {
            NIOLoopBound(
                try connections.channel.pipeline.syncOperations.handler(type: AcceptGate.self),
                eventLoop: connections.channel.eventLoop)
        }.get()
        do {
            try await connections.executeThenClose { inbound in
                for try await child in inbound {
                    let id = ObjectIdentifier(child.channel)
                    connections.channel.eventLoop.execute { gate?.value.handedOver(id) }
                    group.addTask { await http.handle(value: child, logger: logger) }
                }
            }
        } catch {
            logger.error("a listener failed", metadata: ["cause": "\(Self.words(error))"])
        }
    }

    private func open() async throws -> Connections {
        do {
            // NIO closes what it is given, and this one may be needed again.
            let descriptor = dup(socket.descriptor)
            guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "dup") }
            limitSendBuffer()
            let connections = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let gate = AcceptGate(
                            limit: traits.maximumConnections, place: traits.name, shortages: shortages)
                        try channel.pipeline.syncOperations.addHandler(gate)
                        let bound = NIOLoopBound(gate, eventLoop: channel.eventLoop)
                        departure.observe { phase in
                            channel.eventLoop.execute {
                                if phase == .over { bound.value.closeAll() } else { bound.value.leave() }
                            }
                        }
                    }
                }
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .bind(descriptor) { channel in http.setup(channel: channel, logger: logger) }
            // NIO has just set a backlog of its own.
            listen(socket.descriptor, Self.backlog)
            return connections
        } catch {
            throw ListenerFailure(description: "cannot listen at \(socket.address): \(Self.words(error))")
        }
    }

    /// Every connection inherits this from the socket that listens.
    private func limitSendBuffer() {
        let size = socklen_t(MemoryLayout<CInt>.size)
        var (buffer, timeout) = (Self.sendBuffer, Self.unreadTimeout)
        setsockopt(socket.descriptor, SOL_SOCKET, SO_SNDBUF, &buffer, size)
        setsockopt(socket.descriptor, CInt(IPPROTO_TCP), TCP_USER_TIMEOUT, &timeout, size)
    }

    private static func words(_ error: any Error) -> String {
        guard let code = (error as? IOError)?.errnoCode else { return "\(error)" }
        // A program that has bound the port and begins to listen in this moment.
        if code == EADDRINUSE { return "another program has this port: stop it, or choose another port" }
        return String(cString: strerror(code))
    }

    private static func answering<Responder: HTTPResponder>(
        _ responder: Responder, _ logger: Logger
    ) -> HTTPChannelHandler.Responder
    where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
        let date = DateHeader()
        return { request, writer, channel in
            var request = request
            if request.headers[.expect] != nil {
                request.body = RequestBody(asyncSequence: AwaitedBody(body: request.body, channel: channel))
            }
            let context = Responder.Context(source: ApplicationRequestContextSource(channel: channel, logger: logger))
            var response: Response
            do {
                response = try await responder.respond(to: request, context: context)
            } catch let error as HTTPParserError {
                throw error
            } catch {
                response = Response(status: .internalServerError)
            }
            response.headers[.date] = date.now
            do {
                try await writer.write(response: response.head, body: response.body)
            } catch is HTTPParserError {
                // As a parser's error it would be answered, in the middle of this answer.
                throw BrokenOff()
            }
            if response.body.contentLength.map({ $0 > LargeAnswers.limit }) ?? false {
                // The answer may still wait in this process. If the connection closes meanwhile, it is dropped.
                try? await channel.triggerUserOutboundEvent(AwaitFlush()).get()
            }
            withExtendedLifetime(response) {}
        }
    }

    private struct BrokenOff: Error {}
}

/// A socket that connections arrive at, bound to its address.
public struct ListeningSocket: Sendable {
    /// The descriptor; closed with ``close()`` alone.
    public let descriptor: Int32
    /// Where it is, for people.
    public let address: String

    /// A socket that somebody has bound.
    public init(descriptor: Int32, address: String) {
        self.descriptor = descriptor
        self.address = address
    }

    /// Lets go of it.
    public func close() { Glibc.close(descriptor) }
}

/// Why a listener cannot begin, in a sentence.
public struct ListenerFailure: Error, CustomStringConvertible {
    /// The sentence.
    public let description: String
}
