import Glibc

/// The origin of an address that people use, in the one form in which browsers write it: lower case, no default port.
struct Origin {
    let text: String
    let host: String

    /// - Throws: `ConfigurationError` naming the flag. Plain http is possible only where it cannot leave this machine.
    init(_ typed: String, _ flag: String) throws {
        let problem = ConfigurationError(
            "\(flag) must be an origin such as https://gatehouse.example: no path, no query.")
        let trimmed = typed.hasSuffix("/") ? String(typed.dropLast()).lowercased() : typed.lowercased()
        guard let separator = trimmed.firstRange(of: "://") else { throw problem }
        let scheme = trimmed[..<separator.lowerBound]
        let rest = trimmed[separator.upperBound...]
        let end =
            rest.hasPrefix("[") ? rest.firstIndex(of: "]").map { rest.index(after: $0) } : rest.firstIndex(of: ":")
        host = String(rest[..<(end ?? rest.endIndex)])
        let isName = host.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
        }
        guard !host.isEmpty, isName || host.hasPrefix("[") else { throw problem }
        let behind = rest[(end ?? rest.endIndex)...]
        var port: UInt16?
        if !behind.isEmpty {
            port = UInt16(behind.dropFirst())
            guard behind.first == ":", let port, port > 0 else { throw problem }
        }
        switch scheme {
        case "https": text = "https://\(host)" + (port == 443 || port == nil ? "" : ":\(port ?? 0)")
        case "http":
            guard Self.isLoopback(host) else {
                throw ConfigurationError("\(flag) must be https: plain http is for loopback alone.")
            }
            text = "http://\(host)" + (port == 80 || port == nil ? "" : ":\(port ?? 0)")
        default: throw problem
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]" { return true }
        var address = in_addr()
        return host.hasPrefix("127.") && inet_pton(AF_INET, host, &address) == 1
    }
}
