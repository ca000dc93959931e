import ArgumentParser
import Glibc

/// The program: `gatehouse <command>`.
@main
struct Gatehouse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "OAuth integrations for content: each viewer's own, always fresh, access token.",
        subcommands: [
            Serve.self, CheckConfig.self, AccountCommand.self, UserCommand.self, KeyCommand.self, Routes.self,
        ]
    )

    static func main() async {
        // Whatever any command writes is its owner's alone.
        umask(0o077)
        await main(nil)
    }
}
