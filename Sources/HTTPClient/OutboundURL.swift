/// A URL that the server may call: strictly read, and judged by an ``OutboundPolicy``.
///
/// The parser is our own and libcurl is given what this value prints, never what was typed: two parsers that understand
/// a URL differently are how a check is walked around. What it reads is RFC 3986 without user info and fragment.
public struct OutboundURL: Sendable, Hashable {
    /// The two schemes that are ever spoken.
    public enum Scheme: String, Sendable, Hashable {
        /// Plain http, for allowed hosts on this machine only.
        case http
        /// http over TLS.
        case https

        /// 80 or 443.
        public var defaultPort: UInt16 { self == .http ? 80 : 443 }
    }

    /// More than any real endpoint needs, in bytes.
    public static let maximumLength = 2048

    /// https, or http where the policy's exception for loopback applies.
    public let scheme: Scheme
    /// A DNS name in lower-case ASCII, or the canonical text of an allowed IP address without brackets.
    public let host: String
    /// The port, also where the text had none.
    public let port: UInt16
    /// The path as written, `/` where there was none. Dot segments are not resolved.
    public let path: String
    /// What follows the question mark, as written; nil without one.
    public let query: String?

    /// Reads an absolute URL under a policy; the error's description is a sentence for whoever typed it.
    public init(parsing text: String, policy: OutboundPolicy) throws(OutboundURLError) {
        try Self.checkCharacters(text)
        guard let separator = text.firstRange(of: "://") else { throw OutboundURLError(.notAURL) }
        let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased())
        let rest = text[separator.upperBound...]
        guard !rest.contains("#") else { throw OutboundURLError(.fragment) }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authority = try Self.splitAuthority(rest[..<end])
        // The scheme comes after user info and the like, so that "http://user@host" is told its worse fault first.
        guard let scheme else { throw OutboundURLError(.notHTTPS) }
        let port = authority.port ?? scheme.defaultPort
        let host = try Self.normalizedHost(authority)
        if scheme == .http {
            let isAllowed = policy.permits(host: host, port: port) && AllowedHost.isLoopback(host)
            guard isAllowed else { throw OutboundURLError(.notHTTPS) }
        }
        try Self.checkHost(host, port: port, isExplicit: authority.port != nil, policy: policy)
        let target = rest[end...]
        try Self.checkEscapes(target)
        let question = target.firstIndex(of: "?") ?? target.endIndex
        let path = String(target[..<question])
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path.isEmpty ? "/" : path
        self.query = question == target.endIndex ? nil : String(target[target.index(after: question)...])
    }

    /// The address of a host that was typed without a scheme, as `HOST` or `HOST:PORT`: https, or plain http when the
    /// policy allows the host and it is this machine (``OutboundPolicy/scheme(host:port:)``).
    public init(parsingHost text: String, policy: OutboundPolicy) throws(OutboundURLError) {
        let authority = try Self.splitAuthority(text[...])
        let scheme = policy.scheme(host: try Self.normalizedHost(authority), port: authority.port)
        try self.init(parsing: "\(scheme.rawValue)://\(text)", policy: policy)
    }

    /// The host as a URL writes it: with brackets around an IPv6 address, with the port where it is not the scheme's.
    public var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == scheme.defaultPort ? name : "\(name):\(port)"
    }

    /// Scheme and authority, without a slash at the end: `https://host.example.com`.
    public var origin: String { "\(scheme.rawValue)://\(authority)" }

    /// The whole URL. Not for logs: a query can carry secrets.
    public var text: String { origin + path + (query.map { "?\($0)" } ?? "") }
}

extension OutboundURL: CustomStringConvertible {
    /// The URL without its query, fit for logs.
    public var description: String { origin + path }
}
