import ArgumentParser

/// The program: `gatehouse <command>`.
@main
struct Gatehouse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "OAuth integrations for content: each viewer's own, always fresh, access token.",
        discussion: """
            `gatehouse serve` is the server. The other commands work on its data folder: beside a running server they hand their work to it, \
            without one they do it themselves. `gatehouse manual` prints all of this as a manual page, and \
            `gatehouse --generate-completion-script bash` (or zsh, or fish) what a shell completes commands with.
            """,
        version: "gatehouse \(version)",
        subcommands: [
            Serve.self, CheckConfig.self, AccountCommand.self, UserCommand.self, KeyCommand.self, AuditCommand.self,
            Routes.self, Run.self, WorkbenchCommand.self, Manual.self,
        ]
    )

    /// The version of the program.
    static let version = "0.1.0"

    static func main() async {
        Process.begin()
        await main(nil)
    }
}
