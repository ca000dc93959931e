import Accounts
import ArgumentParser
import Cryptography
import HTTPClient
import Integrations
import JSON
import Storage

/// Everything a server is told, read and checked before anything starts.
struct ServerConfiguration: Sendable {
    let dataPath: String
    let host: String
    let port: Int
    /// nil until the port is known.
    let baseURL: String?
    let contentURL: String?
    let allowedHosts: [AllowedHost]
    let masterKey: MasterKeySource

    static let defaultDataPath = "tenants"
    static let defaultListen = "127.0.0.1:8080"

    /// - Throws: `ConfigurationError` naming the setting.
    init(_ options: ServerOptions) throws {
        dataPath = options.data.path
        let listen = options.listen ?? Environment.value("GATEHOUSE_LISTEN") ?? Self.defaultListen
        guard let colon = listen.lastIndex(of: ":"), let port = UInt16(listen[listen.index(after: colon)...]) else {
            throw ConfigurationError("--listen must be HOST:PORT, such as \(Self.defaultListen).")
        }
        let host = listen[..<colon]
        self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host)
        self.port = Int(port)
        guard !self.host.isEmpty else { throw ConfigurationError("--listen must name a host, such as 127.0.0.1.") }
        baseURL = try Self.origin(options.baseURL ?? Environment.value("GATEHOUSE_BASE_URL"), "--base-url")
        contentURL = try Self.origin(options.contentURL ?? Environment.value("GATEHOUSE_CONTENT_URL"), "--content-url")
        let listed = Environment.value("GATEHOUSE_ALLOW_HOST")?.split(separator: ",").map(String.init) ?? []
        var allowed: [AllowedHost] = []
        for text in options.allowHost.isEmpty ? listed : options.allowHost {
            do { allowed.append(try AllowedHost(parsing: text)) } catch {
                throw ConfigurationError("--allow-host \(text) is not usable: \(error)")
            }
        }
        allowedHosts = allowed
        masterKey = .init(path: options.masterKeyFile)
        if let baseURL, let contentURL, Self.hostName(baseURL) == Self.hostName(contentURL) {
            throw ConfigurationError(
                "--content-url must be on another host name than --base-url: browsers share cookies between the ports of one."
            )
        }
    }

    /// The public addresses, once the port is known.
    func address(port: Int) -> PublicAddress {
        PublicAddress(base: baseURL ?? "http://localhost:\(port)", content: contentURL)
    }

    /// What is printed by `check-config`; holds no secret.
    func summary(accounts: Int) -> JSON {
        [
            "data": .string(dataPath), "listen": .string("\(host):\(port)"),
            "base_url": .string(baseURL ?? "http://localhost:\(port)"),
            "content_url": contentURL.map(JSON.string) ?? .null,
            "allowed_hosts": .array(allowedHosts.map { .string($0.description) }),
            "master_key": .string(masterKey.description), "accounts": .integer(Int64(accounts)),
        ]
    }

    /// An origin: a scheme, a host, perhaps a port. Plain http only where it cannot leave this machine.
    private static func origin(_ text: String?, _ name: String) throws -> String? {
        guard var text else { return nil }
        if text.hasSuffix("/") { text.removeLast() }
        let problem = "must be an origin such as https://gatehouse.example: no path, no query."
        guard let separator = text.firstRange(of: "://") else { throw ConfigurationError("\(name) \(problem)") }
        let rest = text[separator.upperBound...]
        guard !rest.isEmpty, !rest.contains(where: { "/?#@\\ ".contains($0) }) else {
            throw ConfigurationError("\(name) \(problem)")
        }
        switch text[..<separator.lowerBound] {
        case "https": return text.lowercased()
        case "http":
            let host = hostName(text)
            guard host == "localhost" || host.hasSuffix(".localhost") || host.hasPrefix("127.") || host == "[::1]"
            else {
                throw ConfigurationError("\(name) must be https: plain http is for loopback alone.")
            }
            return text.lowercased()
        default: throw ConfigurationError("\(name) \(problem)")
        }
    }

    private static func hostName(_ origin: String) -> String {
        let rest = origin.firstRange(of: "://").map { origin[$0.upperBound...] } ?? origin[...]
        if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") { return String(rest[...end]).lowercased() }
        return String(rest.prefix { $0 != ":" && $0 != "/" }).lowercased()
    }
}

extension DataOptions {
    /// The folder of all accounts.
    var path: String { data ?? Environment.value("GATEHOUSE_DATA") ?? ServerConfiguration.defaultDataPath }
}

/// What is wrong with the configuration, in a sentence.
struct ConfigurationError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
