import ArgumentParser

/// `HOST:PORT` of the command line; an IPv6 host stands in brackets.
struct ListenAddress: Sendable, ExpressibleByArgument {
    let host: String
    let port: Int

    static let anyLoopbackPort = ListenAddress(host: "127.0.0.1", port: 0)

    private init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"),
            let port = Int(argument[argument.index(after: colon)...]), (0...65535).contains(port)
        else { return nil }
        var host = argument[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: port)
    }

    var defaultValueDescription: String { "\(host):\(port)" }
}
