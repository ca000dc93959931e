import Glibc
import HTTPClient
import JSON
import Logging
import Storage

/// Has an operation performed: here, where nobody holds the folder, or by the server that does.
enum Dispatcher {
    /// How long a server that has just taken the folder may need until it listens, or a command until it is done.
    private static let patience = Duration.seconds(5)
    private static let pause = Duration.milliseconds(50)

    static func perform(
        _ operation: Operation, _ parameters: JSONObject, options: ServerOptions
    ) async throws -> JSON {
        var parameters = parameters
        if let base = options.baseURL ?? Environment.value("GATEHOUSE_BASE_URL") {
            parameters["base_url"] = .string(base)
        }
        let configuration = try ServerConfiguration(options)
        let folder = try Self.folder(operation, options)
        let start = ContinuousClock.now
        while true {
            do {
                let lock = try FolderLock(folder)
                defer { withExtendedLifetime(lock) {} }
                return try await perform(operation, parameters, configuration, lock)
            } catch let held as FolderLock.Held {
                do {
                    return try await ask(held.owner, folder, operation, parameters)
                } catch let silence as NothingDone {
                    // It may be about to end or to begin: then there is somebody else to ask in a moment, or nobody.
                    guard ContinuousClock.now - start < patience else { throw silence.failure }
                    try await Task.sleep(for: pause)
                }
            }
        }
    }

    /// Checks that the folder is there, before a command does something elsewhere.
    static func requireFolder(_ options: ServerOptions) throws {
        let folder = DataFolder(path: options.data.path)
        try folder.requireVisible()
        guard folder.isThere else {
            throw CommandFailure(
                "there is no folder \(folder.path): check --data (GATEHOUSE_DATA). Nothing was made.", .missing)
        }
    }

    /// Checks that somebody has worked with the folder before: a path to some other folder is mistyped, too.
    static func requireUsedFolder(_ options: ServerOptions) throws {
        try requireFolder(options)
        let folder = DataFolder(path: options.data.path)
        guard try folder.wasUsed() else {
            throw CommandFailure(
                "the folder \(folder.path) has no accounts and never had any: check --data (GATEHOUSE_DATA). "
                    + "To make the first account there: gatehouse account create NAME.", .missing)
        }
    }

    /// The folder. `account create` alone makes one: a mistyped path must not look like an empty installation.
    private static func folder(_ operation: Operation, _ options: ServerOptions) throws -> DataFolder {
        let folder = DataFolder(path: options.data.path)
        if operation == .createAccount {
            guard !folder.isThere else { return folder }
            let made = try DataFolder.make(at: folder.path)
            Failures.report(House.madeFolder(made))
            return made
        }
        try operation == .applyManifest ? requireFolder(options) : requireUsedFolder(options)
        return folder
    }

    private static func perform(
        _ operation: Operation, _ parameters: JSONObject, _ configuration: ServerConfiguration, _ lock: FolderLock
    ) async throws -> JSON {
        let house = try House(
            configuration, lock: lock, port: configuration.listen.port, makesKey: operation.makesAccounts,
            logger: Logger(label: "gatehouse"))
        if let news = house.madeKey { Failures.report(news) }
        do {
            let answer = try await Operator(house: house).perform(operation, parameters)
            await house.close()
            return answer
        } catch {
            await house.close()
            throw error
        }
    }

    /// The server has not begun with the operation.
    private struct NothingDone: Error {
        let failure: ControlSocket.Failure

        init(_ owner: String, _ folder: DataFolder, _ reason: String) {
            failure = .init(description: "\(owner) has the folder \(folder.path) and \(reason). Nothing was done.")
        }
    }

    /// Has the server do it. It takes as long as it takes while the server says that it is under way; a server that says
    /// nothing for some seconds is given up on.
    private static func ask(
        _ owner: String, _ folder: DataFolder, _ operation: Operation, _ parameters: JSONObject
    ) async throws -> JSON {
        let request: JSON = [
            "operation": .string(operation.rawValue), "parameters": .object(parameters),
            ControlSocket.waits: .bool(true),
        ]
        let line = try await ControlSocket.offPool {
            let descriptor: Int32
            do { descriptor = try ControlSocket.connect(folder) } catch {
                throw NothingDone(
                    owner, folder,
                    "does not listen for operations: it is another command, or a server that has not started")
            }
            defer { close(descriptor) }
            var isUnderWay = false
            do {
                try ControlSocket.writeLine(descriptor, request.serialized())
                return try ControlSocket.readAnswer(descriptor) { isUnderWay = true }
            } catch {
                guard isUnderWay else {
                    throw NothingDone(owner, folder, "takes no operation: it is stopped, overloaded or about to end")
                }
                throw ControlSocket.Failure(
                    description:
                        "\(owner) took the operation and says nothing any more: it has ended or hangs. Look at what was done before you run the command again."
                )
            }
        }
        let answer = try JSON.parse(line)
        if let sentence = answer["error"]?.stringValue {
            // A server of another version may send none, or one that is not known here.
            let status = answer[ControlSocket.status]?.integerValue.flatMap { Int32(exactly: $0) }
            throw CommandFailure(sentence, status.flatMap(ExitStatus.init(rawValue:)) ?? .refused)
        }
        return answer["result"] ?? .null
    }
}
