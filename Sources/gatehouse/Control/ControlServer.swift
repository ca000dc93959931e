import Accounts
import Dispatch
import Glibc
import JSON
import Logging
import ServiceLifecycle
import Storage
import Synchronization
import Web

/// Takes operations from commands while the server runs, so that there is never a second writer on the files.
struct ControlServer: Service {
    private typealias Connection = (descriptor: Int32, line: [UInt8])

    /// What the log calls the socket.
    private static let place = "control"
    /// How long operations may take that are under way at the end.
    private static let drain = Duration.seconds(5)
    /// How often a command is told that its operation is under way: it gives up on a server that says nothing.
    private static let interval = Duration.seconds(1)
    /// After an `accept` that failed.
    private static let pauseMicroseconds: useconds_t = 500_000

    let house: House
    let logger: Logger

    /// Set when the socket is shut down, which the thread that waits at it sees as an error.
    private final class Leaving: Sendable {
        private let flag = Atomic<Bool>(false)

        var hasBegun: Bool { flag.load(ordering: .acquiring) }

        func begin() { flag.store(true, ordering: .releasing) }
    }

    func run() async throws {
        let listener = try ControlSocket.listen(house.folder)
        let leaving = Leaving()
        let connections = connections(listener, leaving)
        let (ended, end) = AsyncStream<Never>.makeStream()
        await withTaskGroup { group in
            group.addTask {
                await withDiscardingTaskGroup { operations in
                    for await connection in connections { operations.addTask { await serve(connection) } }
                    end.finish()
                }
            }
            group.addTask {
                for await _ in ended {}
                try? await Task.sleep(for: Self.drain)
            }
            await withTaskCancellationOrGracefulShutdownHandler {
                await group.next()
            } onCancelOrGracefulShutdown: {
                leaving.begin()
                // Wakes the thread that waits for the next connection.
                shutdown(listener, Int32(SHUT_RDWR))
            }
            group.cancelAll()
        }
        close(listener)
    }

    /// Waits for connections on a thread of its own, and reads the line of each where a silent one holds up nobody else.
    private func connections(_ listener: Int32, _ leaving: Leaving) -> AsyncStream<Connection> {
        let shortages = house.services.shortages
        return AsyncStream { continuation in
            DispatchQueue(label: "control").async {
                while !leaving.hasBegun {
                    let descriptor = accept(listener, nil, nil)
                    guard descriptor >= 0 else {
                        // No failure of `accept` is for ever, and none ends the server.
                        let code = errno
                        if code == EINTR || code == ECONNABORTED || leaving.hasBegun { continue }
                        if let kind = Shortages.Kind(errno: code) {
                            shortages.begin(kind, at: Self.place)
                        } else {
                            logger.error(
                                "a command cannot be accepted",
                                metadata: ["cause": "\(String(cString: strerror(code)))"])
                        }
                        usleep(Self.pauseMicroseconds)
                        if Shortages.hasDescriptor() { shortages.end(Shortages.Kind.ofAccept, at: Self.place) }
                        continue
                    }
                    ControlSocket.setTimeout(descriptor)
                    ControlSocket.onThread {
                        if let line = try? ControlSocket.readLine(descriptor) {
                            continuation.yield((descriptor, line))
                        } else {
                            close(descriptor)
                        }
                    }
                }
                continuation.finish()
            }
        }
    }

    private func serve(_ connection: Connection) async {
        defer { close(connection.descriptor) }
        var beat: Task<Void, Never>?
        let answer: JSON
        do {
            let request = try JSON.parse(connection.line)
            guard let operation = request["operation"]?.stringValue.flatMap(Operation.init),
                let parameters = request["parameters"]?.objectValue
            else { throw Refusal(.parameter, "The running server is of another version: use its own command.") }
            // Skips a command that has disconnected: it has reported that nothing was done.
            guard ControlSocket.isOpen(connection.descriptor) else { return }
            if request[ControlSocket.waits]?.boolValue == true {
                guard ControlSocket.beat(connection.descriptor) else { return }
                beat = Task {
                    repeat {
                        try? await Task.sleep(for: Self.interval)
                    } while !Task.isCancelled && ControlSocket.beat(connection.descriptor)
                }
            }
            logger.debug("an operation begins", metadata: ["operation": "\(operation.rawValue)"])
            answer = ["result": try await Operator(house: house).perform(operation, parameters)]
            logger.info("an operation was performed", metadata: ["operation": "\(operation.rawValue)"])
        } catch {
            answer = [
                "error": .string(Failures.sentence(error)),
                ControlSocket.status: .integer(Int64(ExitStatus(error).rawValue)),
            ]
        }
        beat?.cancel()
        await beat?.value
        // The command that asked may be gone by now; what was done is done.
        try? await ControlSocket.offPool { try ControlSocket.writeLine(connection.descriptor, answer.serialized()) }
    }
}
