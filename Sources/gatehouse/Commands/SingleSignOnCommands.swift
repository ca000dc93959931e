import ArgumentParser
import JSON

extension AccountCommand {
    /// `gatehouse account single-sign-on ...`: what an operator needs when nobody can sign in any more.
    struct SingleSignOnCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "single-sign-on",
            abstract: "Show how an account's people sign in, or help where nobody can.",
            discussion: "Settings are made in the browser, or by the manifest's member single_sign_on.",
            subcommands: [Show.self, AllowPasswords.self, Emergency.self, Off.self]
        )

        struct Show: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Show what is in force.")

            @Argument(help: "The account.") var account: String
            @OptionGroup var command: OperationOptions

            func run() async throws {
                try await command.perform(.showSingleSignOn, ["account": .string(account)]) {
                    SingleSignOnCommand.words($0)
                }
            }
        }

        struct AllowPasswords: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Turn passwords on again; single sign-on stays in force.")

            @Argument(help: "The account.") var account: String
            @OptionGroup var command: OperationOptions

            func run() async throws {
                try await command.perform(.allowPasswords, ["account": .string(account)]) {
                    SingleSignOnCommand.words($0)
                }
            }
        }

        struct Emergency: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Name an administrator who may use a password while passwords are off.")

            @Argument(help: "The account.") var account: String
            @Option(help: "The administrator.") var email: String
            @Flag(help: "Not any more.") var remove = false
            @OptionGroup var command: OperationOptions

            func run() async throws {
                let parameters: JSONObject = [
                    "account": .string(account), "email": .string(email), "named": .bool(!remove),
                ]
                try await command.perform(.setBreakGlass, parameters) { SingleSignOnCommand.words($0) }
            }
        }

        struct Off: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Turn single sign-on off, and passwords on.")

            @Argument(help: "The account.") var account: String
            @OptionGroup var command: OperationOptions

            func run() async throws {
                try await command.perform(.turnSingleSignOnOff, ["account": .string(account)]) {
                    SingleSignOnCommand.words($0)
                }
            }
        }

        private static func words(_ answer: JSON) -> String {
            let issuer = answer.words("issuer")
            let emails = answer["emergency"]?.arrayValue?.compactMap(\.stringValue) ?? []
            return [
                issuer.isEmpty ? "Single sign-on is off." : "People sign in at \(issuer).",
                answer["passwords"]?.boolValue == false ? "Passwords are off." : "Passwords are on.",
                emails.isEmpty
                    ? "Nobody is named for emergencies." : "For emergencies: \(emails.joined(separator: ", ")).",
            ].joined(separator: "\n")
        }
    }
}
