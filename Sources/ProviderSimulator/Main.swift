import ArgumentParser

/// An OAuth provider that behaves like Databricks, Snowflake or any other, with faults on demand: for the demo, the tests
/// and the benchmarks. It keeps everything in memory and checks passwords in plain text: never for real people.
@main
struct SimulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provider-simulator",
        abstract: "Behaves like Databricks, Snowflake or any OAuth 2 service, in memory, with faults on demand.",
        discussion: """
            Prints one line `listening on http://HOST:PORT` when ready. Clients, users, settings, faults and counters \
            are set through the control door under /_control, which answers callers on this machine only.
            """
    )

    @Option(help: "Which provider to be: databricks, snowflake or generic.")
    var kind: Kind

    @Option(help: "HOST:PORT to listen on; port 0 takes any free one.")
    var listen: ListenAddress = .anyLoopbackPort

    func run() async throws {
        try await Simulator(kind: kind).run(on: listen)
    }
}
