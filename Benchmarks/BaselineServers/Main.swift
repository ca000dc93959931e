import ArgumentParser

/// The servers that Gatehouse's exchange is measured against: they do nothing but read a body and answer the same
/// number of bytes. What Gatehouse costs more than these is what Gatehouse does.
@main
struct BaselineServers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "baseline-servers",
        abstract: "A bare server for the benchmarks.",
        subcommands: [NIOCommand.self, HummingbirdCommand.self]
    )
}

/// Where to listen, and how long the answer is.
struct ServerOptions: ParsableArguments {
    @Option(help: "HOST:PORT to listen on; port 0 takes any free one.")
    var listen = "127.0.0.1:0"

    @Option(help: "Length of the access token in the answer, in characters.")
    var tokenLength = 880

    func validate() throws {
        guard (1...100_000).contains(tokenLength) else {
            throw ValidationError("--token-length is 1 to 100000")
        }
    }

    func hostAndPort() throws -> (host: String, port: Int) {
        guard let colon = listen.lastIndex(of: ":"), let port = Int(listen[listen.index(after: colon)...]),
            (0...65535).contains(port)
        else { throw ValidationError("--listen takes HOST:PORT") }
        return (String(listen[..<colon]), port)
    }
}

struct NIOCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "nio", abstract: "SwiftNIO's HTTP/1 codec alone.")

    @OptionGroup var options: ServerOptions

    func run() async throws {
        let (host, port) = try options.hostAndPort()
        try await BareNIO.serve(FixedAnswer(tokenLength: options.tokenLength), host: host, port: port)
    }
}

struct HummingbirdCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hummingbird", abstract: "Hummingbird with one route and no middleware.")

    @OptionGroup var options: ServerOptions

    func run() async throws {
        let (host, port) = try options.hostAndPort()
        try await BareHummingbird.serve(FixedAnswer(tokenLength: options.tokenLength), host: host, port: port)
    }
}
