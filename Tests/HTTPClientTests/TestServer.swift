import Glibc
import Synchronization

/// A real server on loopback whose behaviour a test writes down, connection by connection.
final class TestServer: Sendable {
    /// One accepted connection. A test's behaviour reads and writes it on a thread of its own, and may block.
    struct Connection: Sendable {
        /// How many connections came before this one.
        let number: Int
        fileprivate let socket: Int32

        /// The next request, head and body; nil when the client closed.
        func readRequest() -> String? {
            var bytes: [UInt8] = []
            while true {
                let text = String(decoding: bytes, as: UTF8.self)
                if let end = text.firstRange(of: "\r\n\r\n") {
                    let head = text[..<end.lowerBound].lowercased()
                    let length = head.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                        .flatMap { Int($0.dropFirst(15).drop { $0 == " " }) }
                    if text[end.upperBound...].utf8.count >= length ?? 0 { return text }
                }
                guard let more = readSome() else { return nil }
                bytes += more
            }
        }

        /// What has arrived, waiting for at least a byte; nil when the client closed.
        func readSome() -> [UInt8]? {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(socket, &buffer, buffer.count, 0)
            return count > 0 ? [UInt8](buffer[..<count]) : nil
        }

        /// Whether the client was still there to take it.
        @discardableResult
        func write(_ text: String) -> Bool {
            var bytes = [UInt8](text.utf8)[...]
            while !bytes.isEmpty {
                let count = bytes.withUnsafeBytes {
                    send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return false }
                bytes = bytes.dropFirst(count)
            }
            return true
        }

        /// Blocks until the client closes.
        func waitForClose() { while readSome() != nil {} }

        /// A whole answer.
        func answer(_ status: Int = 200, headers: String = "", body: String = "") {
            write("HTTP/1.1 \(status) Status\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        }
    }

    let port: UInt16
    private let listener: Int32
    private let state = Mutex((requests: [String](), connections: 0))

    /// The requests that ``serve(_:)`` or a behaviour recorded.
    var requests: [String] { state.withLock { $0.requests } }
    var connections: Int { state.withLock { $0.connections } }
    var hostAndPort: String { "127.0.0.1:\(port)" }

    /// Starts listening; `behaviour` runs for each connection, which is closed when it returns.
    init(_ behaviour: @escaping @Sendable (TestServer, Connection) -> Void) {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 256) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        precondition(isListening, "loopback must be usable")
        port = UInt16(bigEndian: address.sin_port)
        Self.onThread { [self] in
            while case let socket = accept(listener, nil, nil), socket >= 0 {
                let number = state.withLock { state in
                    defer { state.connections += 1 }
                    return state.connections
                }
                Self.onThread {
                    behaviour(self, Connection(number: number, socket: socket))
                    close(socket)
                }
            }
            // Closed here and not in stop(): its number could be another server's by the next accept.
            close(listener)
        }
    }

    /// Answers every request of every connection the same way.
    static func answering(
        _ status: Int = 200, headers: String = "", body: String = ""
    ) -> TestServer {
        TestServer { server, connection in
            while let request = connection.readRequest() {
                server.record(request)
                connection.answer(status, headers: headers, body: body)
            }
        }
    }

    func record(_ request: String) { state.withLock { $0.requests.append(request) } }

    /// Ends accepting; what is connected stays.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    static func onThread(_ body: @escaping @Sendable () -> Void) {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Box(body)).toOpaque()
        pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body() }
                return nil
            }, context)
        pthread_detach(thread)
    }
}
