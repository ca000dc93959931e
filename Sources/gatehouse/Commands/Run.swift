import ArgumentParser
import Cryptography
import Glibc
import Integrations
import JSON
import Storage

/// `gatehouse run`.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a content: any command, with the environment that content expects.",
        discussion: """
            The command gets CONNECT_SERVER, CONNECT_API_KEY (a key for this content alone), CONNECT_CONTENT_GUID, POSIT_PRODUCT, the \
            variables of its integrations, the publisher's own, and CONNECT_CONTENT_SESSION_TOKEN_FILE, a file whose token is kept fresh. \
            Signals are passed on to it, its exit code is this command's, and the file goes when it ends.

            When somebody who could edit the content loses that right, the content's key and token end at once. This command notices \
            within a minute, gets new ones, ends its command with SIGTERM and starts it again, in the same folder.

            Other exit codes: 64 the command line is wrong, 66 there is no such content, 69 the server cannot be reached, 73 there is \
            nowhere to keep the token, 77 the key is refused, 126 and 127 the command cannot be started or is not found.
            """
    )

    private static let fileVariable = "CONNECT_CONTENT_SESSION_TOKEN_FILE"

    @Argument(help: "The content's GUID.") var content: String

    @Option(help: "The server's address. [GATEHOUSE_SERVER, CONNECT_SERVER]") var server: String?

    @Option(
        help: """
            The API key of somebody who may edit the content. Everybody on this machine can see it in the list of processes: prefer the \
            variable or --key-file. [GATEHOUSE_API_KEY, CONNECT_API_KEY]
            """)
    var key: String?

    @Option(help: "A file with the API key.", completion: .file()) var keyFile: String?

    @Flag(help: "Start nothing: print what the server answers, secrets included, in JSON, and nothing else.")
    var json = false

    @Flag(help: "Start nothing: print the names of the variables, one in a line.")
    var printEnv = false

    @Flag(help: "Do not start the command again when the content's key has ended: only say so.")
    var noRestart = false

    @Argument(parsing: .postTerminator, help: "The command with its arguments, after --.")
    var command: [String] = []

    func validate() throws {
        if key != nil, keyFile != nil { throw ValidationError("Give --key or --key-file, not both.") }
        if json, printEnv { throw ValidationError("Give --json or --print-env, not both.") }
        let isAsking = json || printEnv
        if command.isEmpty, !isAsking {
            throw ValidationError("The command is missing: gatehouse run CONTENT -- COMMAND ARGUMENTS.")
        }
        if !command.isEmpty, isAsking {
            throw ValidationError("--json and --print-env start nothing: leave the command out.")
        }
    }

    func run() async throws {
        try await Failures.reported {
            let inherited = OpenFiles.inheritable()
            Process.ignoreClosedPipes()
            let client = try client()
            ShownKey.hide(words: command.count)
            let sheet = try await client.fetch()
            if json { return try Answer.line(sheet.json.text()) }
            if printEnv {
                for name in Self.names(sheet) { try Answer.line(name) }
                return
            }
            for warning in sheet.warnings + Self.left(sheet) { Failures.report(warning) }
            let code = try await perform(client, sheet, inherited)
            guard code == 0 else { throw ExitCode(code) }
        }
    }

    /// The variables that stay true while the command runs: a token in a variable would end before the command does.
    private static func lasting(_ sheet: RuntimeClient.Sheet) -> [(name: String, value: SecretString)] {
        sheet.environment.filter { $0.name != Runtime.tokenVariable && RuntimeEnvironment.warning(of: $0) == nil }
    }

    /// What is left out here although the server, which may be an older one, hands it on.
    private static func left(_ sheet: RuntimeClient.Sheet) -> [String] {
        sheet.environment.compactMap(RuntimeEnvironment.warning)
    }

    /// What the command would get.
    private static func names(_ sheet: RuntimeClient.Sheet) -> [String] {
        (lasting(sheet).map(\.name) + [fileVariable]).sorted()
    }

    private func perform(
        _ client: RuntimeClient, _ sheet: RuntimeClient.Sheet, _ inherited: Set<Int32>
    ) async throws(RunFailure) -> Int32 {
        // From here on there is something to clean up, so nothing may end this process before it is done.
        SignalRelay.install()
        let folder = try TokenFolder()
        defer { folder.remove() }
        try folder.write(sheet.token)
        let file = (name: Self.fileVariable, value: SecretString(folder.tokenPath))
        func start(_ sheet: RuntimeClient.Sheet) throws(RunFailure) -> ContentProcess {
            try ContentProcess(
                words: command.count, additions: Self.lasting(sheet) + [file], inherited: inherited)
        }
        var content = try start(sheet)
        let restarts = Restarts()
        let restarting = !noRestart
        let keeper = CredentialKeeper(client: client, folder: folder) { sheet in
            Failures.report(restarting ? Self.restarted : Self.notRestarted)
            if restarting { restarts.request(sheet) }
        }
        let keeping = Task { await keeper.run(sheet) }
        var code = await content.wait()
        do throws(RunFailure) {
            while let sheet = restarts.take() {
                content = try start(sheet)
                code = await content.wait()
            }
        } catch {
            keeping.cancel()
            throw error
        }
        keeping.cancel()
        await keeping.value
        return code
    }

    private static let ended =
        "The content's key has ended, because somebody who could edit the content lost that right"
    private static let restarted = "\(ended): the command is started again with a new one."
    private static let notRestarted = "\(ended): start the command again, so that it gets a new one."

    private func client() throws -> RuntimeClient {
        guard let guid = GUID(content) else {
            throw RunFailure(.usage, "\(content) is no content's GUID: copy it from the content's address.")
        }
        guard let server = server ?? Environment.value("GATEHOUSE_SERVER") ?? Environment.value("CONNECT_SERVER") else {
            throw RunFailure(
                .usage, "Say where the server is: --server https://gatehouse.example, or GATEHOUSE_SERVER.")
        }
        return try RuntimeClient(content: guid, server: server, key: try secret())
    }

    private func secret() throws(RunFailure) -> SecretString {
        var text = key ?? Environment.value("GATEHOUSE_API_KEY") ?? Environment.value("CONNECT_API_KEY")
        if let keyFile {
            do { text = String(decoding: try Files.read(keyFile, limit: 4096), as: UTF8.self) } catch {
                throw RunFailure(.usage, "--key-file is not usable: \(error.description).")
            }
        }
        let key = text.map { $0.filter { !$0.isWhitespace } } ?? ""
        guard !key.isEmpty else {
            throw RunFailure(.usage, "An API key is missing: set GATEHOUSE_API_KEY, or give --key-file.")
        }
        return SecretString(key)
    }
}
