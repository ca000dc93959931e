import Glibc
import HTTPClient
import JSON
import Logging
import Storage

/// Has an operation performed: here, where nobody holds the folder, or by the server that does.
enum Dispatcher {
    /// How long a server that has just taken the folder may need until it listens.
    private static let patience = Duration.seconds(10)

    static func perform(
        _ operation: Operation, _ parameters: JSONObject, options: ServerOptions
    ) async throws -> JSON {
        var parameters = parameters
        if let base = options.baseURL ?? Environment.value("GATEHOUSE_BASE_URL") {
            parameters["base_url"] = .string(base)
        }
        let configuration = try ServerConfiguration(options)
        let folder = try DataFolder(path: configuration.dataPath)
        let lock: FolderLock
        do {
            lock = try FolderLock(folder)
        } catch is FolderLock.Held {
            return try await ask(folder, operation, parameters)
        }
        defer { withExtendedLifetime(lock) {} }
        let house = try House(configuration, port: configuration.listen.port, logger: Logger(label: "gatehouse"))
        do {
            let answer = try await Operator(house: house).perform(operation, parameters)
            await house.close()
            return answer
        } catch {
            await house.close()
            throw error
        }
    }

    private static func ask(_ folder: DataFolder, _ operation: Operation, _ parameters: JSONObject) async throws -> JSON
    {
        let descriptor = try await connect(folder)
        defer { close(descriptor) }
        let request: JSON = ["operation": .string(operation.rawValue), "parameters": .object(parameters)]
        try ControlSocket.writeLine(descriptor, request.serialized())
        let answer = try JSON.parse(try ControlSocket.readLine(descriptor))
        if let sentence = answer["error"]?.stringValue { throw CommandFailure(sentence) }
        return answer["result"] ?? .null
    }

    private static func connect(_ folder: DataFolder) async throws -> Int32 {
        let start = ContinuousClock.now
        while true {
            do { return try ControlSocket.connect(folder) } catch {
                guard ContinuousClock.now - start < patience else { throw error }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}

/// Why a command did not do what it was asked, in a sentence.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
