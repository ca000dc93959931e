/// Where content may run: on this machine, or at a host that the operator allowed.
public struct UpstreamPolicy: Sendable {
    private let allows: @Sendable (_ host: String, _ port: UInt16) -> Bool
    private let ownPort: UInt16?

    /// - Parameters:
    ///   - ownPort: the server's own port on this machine, which is no content.
    ///   - allows: whether the operator allowed a host that is not this machine.
    public init(ownPort: UInt16?, allows: @escaping @Sendable (_ host: String, _ port: UInt16) -> Bool) {
        self.ownPort = ownPort
        self.allows = allows
    }

    private static let loopbackHosts: Set<String> = ["127.0.0.1", "localhost", "[::1]"]

    /// The origin in its one form, such as `http://127.0.0.1:9001`.
    func check(_ text: String) throws(Refusal) -> String {
        let malformed = Refusal.invalid(
            "upstream_url",
            "upstream_url must be an origin such as http://127.0.0.1:9001: http or https, a host, a port, and nothing else."
        )
        guard text.utf8.count <= 255, let separator = text.firstRange(of: "://") else { throw malformed }
        let scheme = text[..<separator.lowerBound]
        var rest = text[separator.upperBound...]
        if rest.hasSuffix("/") { rest.removeLast() }
        guard scheme == "http" || scheme == "https", let colon = rest.lastIndex(of: ":"),
            let port = UInt16(rest[rest.index(after: colon)...]), port > 0
        else { throw malformed }
        let host = rest[..<colon].lowercased()
        let isPlain = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            }
        }
        guard isPlain && !host.isEmpty || host == "[::1]" else { throw malformed }
        let isLoopback = Self.loopbackHosts.contains(host)
        guard isLoopback || allows(host, port) else {
            throw .invalid(
                "upstream_url",
                "The host \(host) is neither this machine nor allowed: the operator can allow it with --allow-upstream \(host):\(port)."
            )
        }
        guard !(isLoopback && port == ownPort) else {
            throw .invalid("upstream_url", "Port \(port) is this server itself: give the port of the content.")
        }
        return "\(scheme)://\(host):\(port)"
    }
}
