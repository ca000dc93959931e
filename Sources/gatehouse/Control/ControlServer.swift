import Accounts
import Dispatch
import Glibc
import JSON
import Logging
import ServiceLifecycle
import Storage

/// Takes operations from commands while the server runs, so that there is never a second writer on the files.
struct ControlServer: Service {
    let house: House
    let logger: Logger

    func run() async throws {
        let listener = try ControlSocket.listen(house.folder)
        let connections = Self.connections(listener)
        await withTaskCancellationOrGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for await connection in connections { group.addTask { await serve(connection) } }
            }
        } onCancelOrGracefulShutdown: {
            // Wakes the thread that waits for the next connection.
            shutdown(listener, Int32(SHUT_RDWR))
        }
        close(listener)
    }

    /// Waits for connections on a thread of its own, and reads each one's line there.
    private static func connections(_ listener: Int32) -> AsyncStream<(descriptor: Int32, line: [UInt8])> {
        AsyncStream { continuation in
            DispatchQueue(label: "control").async {
                while true {
                    let descriptor = accept(listener, nil, nil)
                    guard descriptor >= 0 else {
                        if errno == EINTR || errno == ECONNABORTED { continue }
                        break
                    }
                    ControlSocket.setTimeout(descriptor)
                    if let line = try? ControlSocket.readLine(descriptor) {
                        continuation.yield((descriptor, line))
                    } else {
                        close(descriptor)
                    }
                }
                continuation.finish()
            }
        }
    }

    private func serve(_ connection: (descriptor: Int32, line: [UInt8])) async {
        defer { close(connection.descriptor) }
        let answer: JSON
        do {
            let request = try JSON.parse(connection.line)
            guard let operation = request["operation"]?.stringValue.flatMap(Operation.init),
                let parameters = request["parameters"]?.objectValue
            else { throw Refusal(.parameter, "The running server is of another version: use its own command.") }
            answer = ["result": try await Operator(house: house).perform(operation, parameters)]
            logger.info("an operation was performed", metadata: ["operation": "\(operation.rawValue)"])
        } catch {
            answer = ["error": .string(Failures.sentence(error))]
        }
        // The command that asked may be gone by now; what was done is done.
        try? ControlSocket.writeLine(connection.descriptor, answer.serialized())
    }
}
