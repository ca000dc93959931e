import ArgumentParser
import Accounts
import Glibc
import Integrations
import JSON
import Storage

/// `gatehouse workbench ...`.
struct WorkbenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workbench", abstract: "Open sessions for IDEs, which then get their user's access tokens.",
        subcommands: [Session.self]
    )

    struct Session: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open a session for a user and print the environment of it, for a shell's eval.",
            discussion: """
                Whoever has the cookie gets the user's access tokens until the session ends. With --dir the cookie is written to DIR/rpc_cookie \
                and not printed.
                """
        )

        @Argument(help: "The account.") var account: String
        @Option(help: "The user's email.") var user: String
        @Option(help: "How long it lasts, in hours, 720 at most. [default: 24]") var hours: Int?
        @Option(help: "The folder to write the cookie to.", completion: .directory) var dir: String?
        @OptionGroup var command: OperationOptions

        func run() async throws {
            try await Failures.reported {
                let parameters: JSONObject = [
                    "account": .string(account), "email": .string(user),
                    "hours": hours.map { .integer(Int64($0)) } ?? .null, "dir": dir.map(JSON.string) ?? .null,
                ]
                // Before anything is made on the server, so that no session is left that nobody has the cookie of.
                if let dir {
                    try Dispatcher.requireUsedFolder(command.options)
                    try Self.prepare(dir)
                }
                var answer =
                    try await Dispatcher.perform(
                        .openWorkbenchSession, parameters, options: command.options
                    ).objectValue ?? [:]
                if let dir {
                    let cookie = answer.removeValue(forKey: "rpc_cookie")?.stringValue ?? ""
                    try Files.replace("\(dir)/\(Workbench.cookieFile)", with: Array(cookie.utf8))
                }
                try Answer.write(.object(answer), as: command.answer, plain: Self.exports)
            }
        }

        private static func prepare(_ dir: String) throws {
            try Files.createDirectory(dir)
            guard Files.isDirectory(dir), access(dir, W_OK | X_OK) == 0 else {
                throw CommandFailure("--dir \(dir) is no folder that can be written to.", .cannotCreate)
            }
        }

        /// Lines for a shell. None of the values has a quote in it.
        private static func exports(_ answer: JSON) -> String {
            (answer["environment"]?.arrayValue ?? []).map { "export \($0.words("name"))='\($0.words("value"))'" }
                .joined(separator: "\n")
        }
    }
}
