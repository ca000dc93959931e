import Accounts
import ArgumentParser
import JSON

/// `gatehouse audit ...`.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Check, list or export the audit of an account.",
        subcommands: [Verify.self, List.self, Export.self]
    )

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compute the whole chain again: is every line as it was written, and none missing?",
            discussion: """
                Note the head that is printed at another place. Only with it (--expect) can be seen whether the newest \
                lines were cut off. The exit code is 1 where the chain is broken, too.
                """
        )

        @Argument(help: "The account.") var account: String
        @Option(help: "A head that an earlier verify printed, ID:HASH; it must still be in the chain.")
        var expect: String?
        @OptionGroup var command: OperationOptions

        func run() async throws {
            let parameters: JSONObject = [
                "account": .string(account), "expect": expect.map(JSON.string) ?? .null,
            ]
            try await Failures.reported {
                let verdict = try await Dispatcher.perform(.verifyAudit, parameters, options: command.options)
                try Answer.write(verdict, as: command.answer, plain: Self.describe)
                guard verdict["ok"] == .bool(true) else { throw ExitCode.failure }
            }
        }

        private static func describe(_ verdict: JSON) -> String {
            let head = "\(verdict["head"]?.words("id") ?? ""):\(verdict["head"]?.words("hash") ?? "")"
            let count = "\(verdict.words("lines")) lines are as they were written; head \(head)"
            let removed = verdict.words("removed_up_to")
            let kept = removed == "0" ? "" : "\nRetention removed the lines up to \(removed)."
            guard let broken = verdict["first_broken"], !broken.isNull else { return count + kept }
            return count + kept + "\nBROKEN at \(broken.words("id")): \(broken.words("reason"))"
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List lines of the audit, newest first.")

        @Argument(help: "The account.") var account: String
        @OptionGroup var filter: AuditFilterOptions
        @Option(help: "How many lines.") var limit = 50
        @OptionGroup var command: OperationOptions

        func run() async throws {
            try await Failures.reported {
                guard limit > 0 else { throw CommandFailure("--limit must be 1 or more.", .usage) }
                var parameters = filter.parameters(account)
                var lines: [JSON] = []
                while lines.count < limit {
                    parameters["limit"] = .integer(Int64(limit - lines.count))
                    let page = try await Dispatcher.perform(.listAudit, parameters, options: command.options)
                    lines += page["lines"]?.arrayValue ?? []
                    guard let next = page["next"], !next.isNull else { break }
                    parameters["after"] = next
                }
                try Answer.write(.array(lines), as: command.answer) { _ in
                    lines.map { "\($0.words("id"))  \($0.words("time"))  \($0.words("event_description"))" }
                        .joined(separator: "\n")
                }
            }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write the audit to standard output, oldest first.")

        @Argument(help: "The account.") var account: String
        @Option(help: "jsonl or csv.") var format = AuditFormat.jsonl.rawValue
        @OptionGroup var filter: AuditFilterOptions
        @OptionGroup var options: ServerOptions

        func run() async throws {
            try await Failures.reported {
                guard let format = AuditFormat(rawValue: format) else {
                    throw CommandFailure("--format must be jsonl or csv.", .usage)
                }
                var parameters = filter.parameters(account)
                parameters["ascending"] = true
                parameters["export"] = .string(format.rawValue)
                var isFirst = true
                while true {
                    let page = try await Dispatcher.perform(.listAudit, parameters, options: options)
                    var text = format == .csv ? page.words("csv") : Self.lines(of: page)
                    if isFirst, format == .csv { text = AuditCSV.header + text }
                    isFirst = false
                    try Answer.raw(text)
                    guard let next = page["next"], !next.isNull else { return }
                    parameters["after"] = next
                    parameters["export"] = .null
                }
            }
        }

        private static func lines(of page: JSON) -> String {
            (page["lines"]?.arrayValue ?? []).map { $0.text() + "\n" }.joined()
        }
    }
}

/// Which lines are wanted.
struct AuditFilterOptions: ParsableArguments {
    @Option(help: "Actions separated by commas; content.* for all that begin so.") var action: String?
    @Option(help: "The GUID of a user who did it, or to whom it was done.") var user: String?
    @Option(help: "The GUID of a content.") var content: String?
    @Option(help: "The GUID of an integration.") var integration: String?
    @Option(help: "success, refused or failure.") var outcome: String?
    @Option(help: "From this time on, such as 2030-01-31T12:00:00Z.") var from: String?
    @Option(help: "Before this time.") var to: String?

    func parameters(_ account: String) -> JSONObject {
        var parameters: JSONObject = ["account": .string(account)]
        let given = [
            ("action", action), ("user_guid", user), ("content_guid", content), ("integration_guid", integration),
            ("outcome", outcome), ("from", from), ("to", to),
        ]
        for (name, value) in given { if let value { parameters[name] = .string(value) } }
        return parameters
    }
}
