import ArgumentParser
import JSON
import Storage

/// `gatehouse user ...`.
struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Create, list, lock users of an account, change their roles, or invite one again.",
        subcommands: [Create.self, List.self, Lock.self, ChangeRole.self, Invite.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create a user, with an API key and an invite link.")

        @Argument(help: "The account.") var account: String
        @Option(help: "The user's email.") var email: String
        @Option(help: "viewer, publisher or administrator.") var role = Role.viewer.rawValue
        @Option(help: "The first name.") var firstName: String?
        @Option(help: "The last name.") var lastName: String?
        @OptionGroup var command: OperationOptions

        func run() async throws {
            let parameters: JSONObject = [
                "account": .string(account), "email": .string(email), "role": .string(role),
                "first_name": firstName.map(JSON.string) ?? .null, "last_name": lastName.map(JSON.string) ?? .null,
            ]
            try await command.perform(.createUser, parameters, plain: UserCommand.describe)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the users of an account.")

        @Argument(help: "The account.") var account: String
        @OptionGroup var command: OperationOptions

        func run() async throws {
            try await command.perform(.listUsers, ["account": .string(account)]) { answer in
                let users = answer.arrayValue ?? []
                return users.map { user in
                    "\(user.words("email"))  \(user.words("role"))" + (user["locked"] == .bool(true) ? "  locked" : "")
                }.joined(separator: "\n")
            }
        }
    }

    struct Lock: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lock a user out at once, or let them in again.")

        @Argument(help: "The account.") var account: String
        @Argument(help: "The user's email.") var email: String
        @Flag(help: "Let the user in again.") var unlock = false
        @OptionGroup var command: OperationOptions

        func run() async throws {
            let parameters: JSONObject = [
                "account": .string(account), "email": .string(email), "locked": .bool(!unlock),
            ]
            try await command.perform(.lockUser, parameters) { user in
                "\(user.words("email")) is \(user["locked"] == .bool(true) ? "locked" : "not locked")."
            }
        }
    }

    struct ChangeRole: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "role", abstract: "Give a user another role; what they may do changes at once."
        )

        @Argument(help: "The account.") var account: String
        @Argument(help: "The user's email.") var email: String
        @Argument(help: "viewer, publisher or administrator.") var role: String
        @OptionGroup var command: OperationOptions

        func run() async throws {
            let parameters: JSONObject = [
                "account": .string(account), "email": .string(email), "role": .string(role),
            ]
            try await command.perform(.changeRole, parameters) { user in
                "\(user.words("email")) is \(user.words("role"))."
            }
        }
    }

    struct Invite: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new invite link, for a lost one or a forgotten password."
        )

        @Argument(help: "The account.") var account: String
        @Argument(help: "The user's email.") var email: String
        @OptionGroup var command: OperationOptions

        func run() async throws {
            let parameters: JSONObject = ["account": .string(account), "email": .string(email)]
            try await command.perform(.inviteUser, parameters) { user in
                "Invite link for \(user.words("email")), good for 7 days: \(user.words("invite_url"))"
            }
        }
    }

    static func describe(_ user: JSON) -> String {
        """
        \(user.words("email")) is \(user.words("role")) (\(user.words("guid"))).
        API key, shown this once: \(user.words("api_key"))
        Invite link, good for 7 days: \(user.words("invite_url"))
        """
    }
}

/// `gatehouse key ...`.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Rotate the server's master keys.", subcommands: [Rotate.self]
    )

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a fresh master key in front and wrap every account's data key with it."
        )

        @Flag(help: "Forget the older keys; backups that were made under them can then not be opened.")
        var forgetOlder = false
        @OptionGroup var command: OperationOptions

        func run() async throws {
            try await command.perform(.rotateKey, ["forget_older": .bool(forgetOlder)]) { answer in
                let done =
                    "Master key \(answer.words("key_id")) is in front; data keys wrapped anew: \(answer.words("rewrapped"))."
                let failures = answer["failures"]?.arrayValue?.compactMap(\.stringValue) ?? []
                return ([done] + failures.map { "Not wrapped, so the older keys stay: \($0)" }).joined(separator: "\n")
            }
        }
    }
}
