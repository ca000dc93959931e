/// Where a server listens.
struct ListenAddress: Sendable, CustomStringConvertible {
    /// A name or an address; an IPv6 address without its brackets.
    let host: String
    /// 0 is any free one.
    let port: Int

    /// - Throws: `ConfigurationError` naming the flag.
    init(_ text: String, _ flag: String) throws {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw ConfigurationError("\(flag) must be HOST:PORT, such as \(ServerConfiguration.defaultListen).")
        }
        let host = text[..<colon]
        self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host)
        self.port = Int(port)
        guard !self.host.isEmpty else { throw ConfigurationError("\(flag) must name a host, such as 127.0.0.1.") }
    }

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// The host as URLs have it: an IPv6 address in brackets.
    var hostInURL: String { host.contains(":") ? "[\(host)]" : host }

    /// HOST:PORT, as in a URL.
    var description: String { at(port: port) }

    func at(port: Int) -> String { "\(hostInURL):\(port)" }
}
