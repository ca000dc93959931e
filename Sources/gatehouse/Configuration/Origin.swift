import Glibc

/// The origin of an address that people use, in the one form in which browsers write it: lower case, no default port.
struct Origin {
    let text: String
    let host: String
    /// The scheme's own where none was written.
    let port: UInt16

    /// - Parameter allowsWildcard: whether `*` may stand for the first label of the host.
    /// - Throws: `ConfigurationError` naming the flag. Plain http is possible only where it cannot leave this machine.
    init(_ typed: String, _ flag: String, allowsWildcard: Bool = false) throws {
        let problem = ConfigurationError(
            "\(flag) must be an origin such as https://gatehouse.example: no path, no query.")
        let trimmed = typed.hasSuffix("/") ? String(typed.dropLast()).lowercased() : typed.lowercased()
        guard let separator = trimmed.firstRange(of: "://") else { throw problem }
        let scheme = trimmed[..<separator.lowerBound]
        let rest = trimmed[separator.upperBound...]
        let end =
            rest.hasPrefix("[") ? rest.firstIndex(of: "]").map { rest.index(after: $0) } : rest.firstIndex(of: ":")
        host = String(rest[..<(end ?? rest.endIndex)])
        let isWildcard = allowsWildcard && host.hasPrefix(Self.wildcard)
        let isName = host.dropFirst(isWildcard ? Self.wildcard.count : 0).utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
        }
        guard !host.isEmpty, isName || host.hasPrefix("[") else { throw problem }
        if isWildcard { try Self.checkParent(host.dropFirst(Self.wildcard.count), flag) }
        let behind = rest[(end ?? rest.endIndex)...]
        var port: UInt16?
        if !behind.isEmpty {
            port = UInt16(behind.dropFirst())
            guard behind.first == ":", let port, port > 0 else { throw problem }
        }
        switch scheme {
        case "https":
            self.port = port ?? 443
            text = "https://\(host)" + (self.port == 443 ? "" : ":\(self.port)")
        case "http":
            guard Self.isLoopback(host) else {
                throw ConfigurationError("\(flag) must be https: plain http is for loopback alone.")
            }
            self.port = port ?? 80
            text = "http://\(host)" + (self.port == 80 ? "" : ":\(self.port)")
        default: throw problem
        }
    }

    private static let wildcard = "*."

    /// Whether it stands for an origin for each content.
    var isWildcard: Bool { host.hasPrefix(Self.wildcard) }

    /// A GUID takes the place of the star, and a host name has 253 characters at most.
    private static let longestParent = 253 - 37

    /// What stands behind the star must be a domain that can have names below it.
    private static func checkParent(_ parent: Substring, _ flag: String) throws {
        let labels = parent.split(separator: ".", omittingEmptySubsequences: false)
        let areLabels = labels.allSatisfy { (1...63).contains($0.count) && !$0.hasPrefix("-") && !$0.hasSuffix("-") }
        let isAddress = labels.last?.allSatisfy(\.isNumber) ?? true
        guard areLabels, !isAddress, parent.count <= longestParent, labels.count > 1 || parent == "localhost" else {
            throw ConfigurationError(
                "\(flag) must have a domain of its own behind the *, such as https://*.apps.example.com.")
        }
    }

    /// Whether browsers could share a cookie between a host and those that a wildcard stands for: it is one of them, or
    /// above them. For a name of one label, such as localhost, they keep no cookie that others get too.
    func sharesCookies(with other: String) -> Bool {
        guard isWildcard else { return host == other }
        let parent = host.dropFirst(Self.wildcard.count)
        if other.hasSuffix(".\(parent)") { return true }
        return parent.contains(".") && (other == parent || parent.hasSuffix(".\(other)"))
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]" { return true }
        var address = in_addr()
        return host.hasPrefix("127.") && inet_pton(AF_INET, host, &address) == 1
    }
}
