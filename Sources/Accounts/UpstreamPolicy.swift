import Glibc

/// Where content may run: on this machine, or at a host that the operator allowed. Never at an address at which the
/// installation itself answers: its own listeners, or the proxy in front of it.
public struct UpstreamPolicy: Sendable {
    /// An address of the installation itself.
    public struct OwnAddress: Sendable {
        let host: String
        let port: UInt16

        /// - Parameters:
        ///   - host: in lower case, an IPv6 address in brackets; `*.` in front stands for every name below the rest.
        ///   - port: on this machine it is the installation's, whatever the host is.
        public init(host: String, port: UInt16) {
            self.host = host
            self.port = port
        }
    }

    private let allows: @Sendable (_ host: String, _ port: UInt16) -> Bool
    private let own: [OwnAddress]

    /// - Parameters:
    ///   - ownPort: the server's own port on this machine.
    ///   - own: what else the installation answers at: its metrics, the proxy in front of it.
    ///   - allows: whether the operator allowed a host that is not this machine.
    public init(
        ownPort: UInt16?, own: [OwnAddress] = [],
        allows: @escaping @Sendable (_ host: String, _ port: UInt16) -> Bool
    ) {
        self.own = own + (ownPort.map { [OwnAddress(host: "localhost", port: $0)] } ?? [])
        self.allows = allows
    }

    private static let loopbackHosts: Set<String> = ["127.0.0.1", "localhost", "[::1]"]
    /// Further names of this machine in `/etc/hosts` of common systems.
    private static let loopbackNames: Set<String> = [
        "localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "[::1]",
    ]

    /// Whether an origin that was accepted is one of the installation's own addresses. The operator may have moved a listener
    /// there since.
    public func isOwn(_ origin: String) -> Bool {
        guard let separator = origin.firstRange(of: "://"), let colon = origin.lastIndex(of: ":"),
            separator.upperBound <= colon, let port = UInt16(origin[origin.index(after: colon)...])
        else { return false }
        return isOwn(host: String(origin[separator.upperBound..<colon]), port: port)
    }

    private func isOwn(host: String, port: UInt16) -> Bool {
        let name = host.hasSuffix(".") ? String(host.dropLast()) : host
        let isThisMachine = Self.isThisMachine(name)
        return own.contains { address in
            guard address.port == port else { return false }
            return isThisMachine || address.host == name
                || address.host.hasPrefix("*.") && name.hasSuffix(address.host.dropFirst())
        }
    }

    /// Any spelling of a loopback address, as `connect` understands it: `127.0.0.2`, `127.1`, `0x7f000001`, `0.0.0.0`.
    private static func isThisMachine(_ host: String) -> Bool {
        if loopbackNames.contains(host) || host.hasSuffix(".localhost") { return true }
        var address = in_addr()
        guard inet_aton(host, &address) == 1 else { return false }
        let number = UInt32(bigEndian: address.s_addr)
        return number >> 24 == 127 || number == 0
    }

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
        guard !isOwn(host: host, port: port) else {
            throw .invalid(
                "upstream_url",
                "Port \(port) of \(host) is this server itself, its metrics or its proxy: give the port of the content's own process."
            )
        }
        return "\(scheme)://\(host):\(port)"
    }
}
