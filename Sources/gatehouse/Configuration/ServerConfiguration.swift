import Accounts
import ArgumentParser
import Cryptography
import HTTPClient
import Integrations
import JSON
import Logging
import Storage
import Telemetry

/// Everything a server is told, read and checked before anything starts.
struct ServerConfiguration: Sendable {
    let dataPath: String
    let listen: ListenAddress
    let telemetry: TelemetryConfiguration
    /// nil until the port is known.
    let baseURL: String?
    let contentURL: String?
    /// What may be called although it is not public, and counts as a vendor's own host.
    let allowedHosts: [AllowedHost]
    /// Where content may run beside this machine.
    let allowedUpstreams: [AllowedHost]
    let maximumBundleBytes: Int
    let masterKey: MasterKeySource

    static let defaultDataPath = "tenants"
    static let defaultListen = "127.0.0.1:8080"

    /// - Throws: `ConfigurationError` naming the setting.
    init(_ options: ServerOptions) throws {
        dataPath = options.data.path
        telemetry = try TelemetryConfiguration(options.telemetry)
        let listen = options.listen ?? Environment.value("GATEHOUSE_LISTEN") ?? Self.defaultListen
        self.listen = try ListenAddress(listen, "--listen")
        let base = try (options.baseURL ?? Environment.value("GATEHOUSE_BASE_URL")).map { try Origin($0, "--base-url") }
        let content = try (options.contentURL ?? Environment.value("GATEHOUSE_CONTENT_URL"))
            .map { try Origin($0, "--content-url") }
        baseURL = base?.text
        contentURL = content?.text
        allowedHosts = try Self.hosts(options.allowHost, "--allow-host", "GATEHOUSE_ALLOW_HOST")
        allowedUpstreams = try Self.hosts(options.allowUpstream, "--allow-upstream", "GATEHOUSE_ALLOW_UPSTREAM")
        maximumBundleBytes =
            try (options.maxBundleSize ?? Environment.value("GATEHOUSE_MAX_BUNDLE_SIZE"))
            .map { try ByteSize.parse($0, "--max-bundle-size") } ?? Deployments.usualMaximum
        masterKey = .init(path: options.masterKeyFile)
        if let content, content.host == base?.host ?? "localhost" {
            throw ConfigurationError(
                "--content-url must be on another host name than --base-url: browsers share cookies between the ports of one."
            )
        }
    }

    private static func hosts(_ given: [String], _ flag: String, _ variable: String) throws -> [AllowedHost] {
        let listed = Environment.value(variable)?.split(separator: ",").map(String.init) ?? []
        return try (given.isEmpty ? listed : given).map { text in
            do { return try AllowedHost(parsing: text) } catch {
                throw ConfigurationError("\(flag) \(text) is not usable: \(error)")
            }
        }
    }

    /// The public addresses, once the port is known.
    func address(port: Int) -> PublicAddress {
        PublicAddress(base: baseURL ?? Self.localBase(port), content: contentURL)
    }

    /// As browsers write it: without the port that goes without saying.
    private static func localBase(_ port: Int) -> String {
        port == 80 ? "http://localhost" : "http://localhost:\(port)"
    }

    /// What is printed by `check-config`; holds no secret.
    func summary(accounts: Int) -> JSON {
        [
            "data": .string(dataPath), "listen": .string(listen.description),
            "base_url": .string(baseURL ?? Self.localBase(listen.port)),
            "content_url": contentURL.map(JSON.string) ?? .null,
            "allowed_hosts": .array(allowedHosts.map { .string($0.description) }),
            "allowed_upstreams": .array(allowedUpstreams.map { .string($0.description) }),
            "metrics_listen": telemetry.metrics.map { .string($0.description) } ?? .null,
            "log_format": .string(telemetry.format.rawValue), "log_level": .string(telemetry.level.rawValue),
            "max_bundle_size": .integer(Int64(maximumBundleBytes)),
            "master_key": .string(masterKey.description), "accounts": .integer(Int64(accounts)),
        ]
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
