/// Which hosts the server may call beyond the public Internet: the operator's `--allow-host` list.
///
/// Without an entry a host must have a full public name, speak https on port 443 and resolve to public addresses.
public struct OutboundPolicy: Sendable, Hashable {
    /// The operator's exceptions.
    public let allowedHosts: [AllowedHost]

    /// A policy with these exceptions; none is the normal state of a production server.
    public init(allowedHosts: [AllowedHost] = []) {
        self.allowedHosts = allowedHosts
    }

    /// Whether the operator allowed this host and port by name. `host` is in the form of ``OutboundURL/host``.
    public func permits(host: String, port: UInt16) -> Bool {
        allowedHosts.contains { $0.host == host && ($0.port == nil || $0.port == port) }
    }

    /// The scheme to speak to a host whose address was entered without one: plain http for an allowed host on this
    /// machine, https for everything else. `port` nil stands for the scheme's own.
    public func scheme(host: String, port: UInt16?) -> OutboundURL.Scheme {
        let isAllowed = permits(host: host, port: port ?? OutboundURL.Scheme.http.defaultPort)
        return isAllowed && AllowedHost.isLoopback(host) ? .http : .https
    }

    /// Whether a URL that was read under another policy also stands under this one.
    public func check(_ url: OutboundURL) throws(OutboundURLError) {
        if url.scheme == .http {
            let isAllowed = permits(host: url.host, port: url.port) && AllowedHost.isLoopback(url.host)
            guard isAllowed else { throw OutboundURLError(.notHTTPS) }
        }
        try OutboundURL.checkHost(url.host, port: url.port, isExplicit: true, policy: self)
    }
}

/// One exception of the operator: `HOST`, `HOST:PORT`, `[IPv6]` or `[IPv6]:PORT`.
///
/// An allowed host may resolve to any address, may be an IP address, and may use any port when none is given. If it is
/// this machine (localhost, 127.0.0.0/8, ::1) plain http is accepted too; for all others https stays required.
public struct AllowedHost: Sendable, Hashable {
    /// The name in lower case, or the canonical text of an IP address without brackets.
    public let host: String
    /// The only port allowed; nil allows every port.
    public let port: UInt16?

    /// Reads the command line's form; the error's description is a sentence for the operator.
    public init(parsing text: String) throws(OutboundURLError) {
        let parts = try OutboundURL.splitAuthority(text[...])
        if parts.isBracketed || OutboundURL.looksNumeric(parts.host) {
            guard let address = IPAddress(canonical: String(parts.host)) else { throw OutboundURLError(.invalidHost) }
            host = address.description
        } else {
            host = try OutboundURL.normalizedName(parts.host)
        }
        port = parts.port
    }

    /// Whether a host, in the form of ``host``, is this machine by its very name.
    static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host.hasSuffix(".localhost") || IPAddress(canonical: host)?.isLoopback == true
    }
}

extension AllowedHost: CustomStringConvertible {
    /// The form that ``init(parsing:)`` reads.
    public var description: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port.map { "\(name):\($0)" } ?? name
    }
}
