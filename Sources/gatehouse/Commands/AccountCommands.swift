import Accounts
import ArgumentParser
import Glibc
import JSON
import Storage

/// `gatehouse account ...`.
struct AccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account", abstract: "Create, list, show, delete accounts, or make a manifest true.",
        subcommands: [
            Create.self, List.self, Show.self, Delete.self, Apply.self, RotateSigningKey.self,
            SingleSignOnCommand.self,
        ]
    )

    private static func reportMissingAdministrator(of account: String) {
        Failures.report(
            "nobody can sign in to \(account) yet. Make its administrator: "
                + "gatehouse user create \(account) --email EMAIL --role administrator")
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create an account, and its first administrator.")

        @Argument(help: "The account's name in addresses: \(AccountSlug.rule).") var account: String
        @Option(help: "The account's name for people.") var name: String?
        @Option(help: "The email of the first administrator.") var adminEmail: String?
        @OptionGroup var command: OperationOptions

        func run() async throws {
            let parameters: JSONObject = [
                "account": .string(account), "name": name.map(JSON.string) ?? .null,
                "admin_email": adminEmail.map(JSON.string) ?? .null,
            ]
            try await Failures.reported {
                // Before a folder is made for an account that cannot be.
                try Self.check(account, adminEmail)
                let answer = try await Dispatcher.perform(.createAccount, parameters, options: command.options)
                try Answer.write(answer, as: command.answer) { answer in
                    let created = "Account \(answer["account"]?.words("slug") ?? "") is there."
                    guard let admin = answer["admin"], !admin.isNull else { return created }
                    return created + "\n" + UserCommand.describe(admin)
                }
                if adminEmail == nil { AccountCommand.reportMissingAdministrator(of: account) }
            }
        }

        private static func check(_ account: String, _ email: String?) throws {
            guard AccountSlug(account) != nil else {
                throw CommandFailure("An account's name has \(AccountSlug.rule).")
            }
            if let email { _ = try TextRules.email(email) }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the accounts.")

        @OptionGroup var command: OperationOptions

        func run() async throws {
            try await command.perform(.listAccounts, [:]) { answer in
                let slugs = answer.arrayValue?.map { $0.words("slug") } ?? []
                return slugs.isEmpty
                    ? "There is none yet: gatehouse account create NAME." : slugs.joined(separator: "\n")
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show an account.")

        @Argument(help: "The account.") var account: String
        @OptionGroup var command: OperationOptions

        func run() async throws {
            try await command.perform(.showAccount, ["account": .string(account)]) { answer in
                answer.objectValue?.keys.map { "\($0): \(answer.words($0))" }.joined(separator: "\n") ?? ""
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Erase an account: its data key first, then its folder.")

        @Argument(help: "The account.") var account: String
        @Flag(help: "Do not ask. Without it nothing is erased where there is no terminal to ask at.") var yes = false
        @OptionGroup var command: OperationOptions

        func run() async throws {
            try await Failures.reported { try confirm() }
            try await command.perform(.deleteAccount, ["account": .string(account)]) { _ in
                "Account \(account) is erased."
            }
        }

        private func confirm() throws {
            guard !yes else { return }
            guard isatty(STDIN_FILENO) == 1 else {
                throw CommandFailure(
                    "Nothing was erased: there is no terminal to ask at. To erase \(account) and everything in it, add --yes.",
                    .usage)
            }
            // Not among the answer, which a program may read.
            Failures.report(
                "this erases \(account) and everything in it. Only a backup brings it back. Type its name to go on:")
            guard readLine() == account else { throw CommandFailure("Nothing was erased.") }
        }
    }

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a manifest true: users, roles and data sources. Doing it again changes nothing."
        )

        @Argument(help: "The account; it is created where there is none.") var account: String
        @Option(help: "The manifest. [default: DATA/ACCOUNT/account.json]", completion: .file()) var file: String?
        @OptionGroup var command: OperationOptions

        func run() async throws {
            try await Failures.reported {
                try Dispatcher.requireFolder(command.options)
                let manifest = try Manifest.read(file, account: account, data: command.options.data)
                let parameters: JSONObject = ["account": .string(account), "manifest": manifest]
                let result = try await Dispatcher.perform(.applyManifest, parameters, options: command.options)
                try Answer.write(result, as: command.answer) { answer in
                    let changes = answer["changes"]?.arrayValue ?? []
                    guard !changes.isEmpty else { return "Everything is as the manifest says." }
                    return changes.map(Self.describe).joined(separator: "\n")
                }
                if result["has_administrator"] == false { AccountCommand.reportMissingAdministrator(of: account) }
            }
        }

        private static func describe(_ change: JSON) -> String {
            if change["invite_url"] != nil { return UserCommand.describe(change) }
            let verb = change["created"] == nil ? "changed" : "created"
            let words = [verb, change.words(verb), change.words("name"), change.words("email")]
            return words.filter { !$0.isEmpty }.joined(separator: " ")
        }
    }

    struct RotateSigningKey: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Let the account's next key sign its OpenID tokens; what the old one signed stays good for a week."
        )

        @Argument(help: "The account.") var account: String
        @Flag(help: "At once, even if verifiers may not know the next key yet: for a key that leaked.") var now = false
        @OptionGroup var command: OperationOptions

        func run() async throws {
            let parameters: JSONObject = ["account": .string(account), "at_once": .bool(now)]
            try await command.perform(.rotateSigningKey, parameters) { answer in
                "Key \(answer.words("key_id")) signs for \(answer.words("issuer")) from now on."
            }
        }
    }
}

/// What every operation's command takes.
struct OperationOptions: ParsableArguments {
    @OptionGroup var options: ServerOptions
    @OptionGroup var answer: AnswerOptions

    func perform(_ operation: Operation, _ parameters: JSONObject, plain: (JSON) -> String) async throws {
        try await Failures.reported {
            try Answer.write(
                try await Dispatcher.perform(operation, parameters, options: options), as: answer, plain: plain)
        }
    }
}
