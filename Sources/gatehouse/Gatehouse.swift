import ArgumentParser

/// The program: `gatehouse <command>`.
@main
struct Gatehouse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "OAuth integrations for content: each viewer's own, always fresh, access token.",
        subcommands: [
            Serve.self, CheckConfig.self, AccountCommand.self, UserCommand.self, KeyCommand.self, AuditCommand.self,
            Routes.self, Run.self, WorkbenchCommand.self,
        ]
    )

    static func main() async {
        Process.restrictFiles()
        await main(nil)
    }
}
