import Accounts
import ArgumentParser
import Cryptography
import Glibc
import HTTPClient
import Integrations
import JSON
import Logging
import Storage
import Telemetry
import Web

/// Everything a server is told, read and checked before anything starts.
struct ServerConfiguration: Sendable {
    let dataPath: String
    var listen: ListenAddress
    var telemetry: TelemetryConfiguration
    /// nil until the port is known.
    let baseURL: String?
    let contentURL: String?
    /// Both, as far as they were given.
    private let origins: [Origin]
    /// What may be called although it is not public, and counts as a vendor's own host.
    let allowedHosts: [AllowedHost]
    /// Whose certificates are trusted when providers are called.
    let certificateAuthorities: CertificateAuthorities
    private let caFile: String?
    /// Where content may run beside this machine.
    let allowedUpstreams: [AllowedHost]
    /// Who is believed about where a request came from.
    let trustedProxies: TrustedProxies
    let maximumBundleBytes: Int
    /// How long a connection may wait for its next request.
    let idleTimeout: Duration
    /// How long requests are served after SIGTERM as before.
    let shutdownDelay: Duration
    /// How many of what an account, a content or a user may have.
    let quotas: Quotas
    let masterKey: MasterKeySource

    static let defaultDataPath = "tenants"
    static let defaultListen = "127.0.0.1:8080"
    /// Longer than the 60 s after which nginx and HAProxy let an idle connection go: they must be first.
    static let defaultIdleTimeout = "75s"

    /// - Throws: `ConfigurationError` naming the setting.
    init(_ options: ServerOptions) throws {
        dataPath = options.data.path
        telemetry = try TelemetryConfiguration(options.telemetry)
        let listen = options.listen ?? Environment.value("GATEHOUSE_LISTEN") ?? Self.defaultListen
        self.listen = try ListenAddress(listen, "--listen")
        let base = try (options.baseURL ?? Environment.value("GATEHOUSE_BASE_URL")).map { try Origin($0, "--base-url") }
        let content = try (options.contentURL ?? Environment.value("GATEHOUSE_CONTENT_URL"))
            .map { try Origin($0, "--content-url", allowsWildcard: true) }
        baseURL = base?.text
        contentURL = content?.text
        origins = [base, content].compactMap { $0 }
        allowedHosts = try Self.hosts(options.allowHost, "--allow-host", "GATEHOUSE_ALLOW_HOST")
        caFile = options.caFile ?? Environment.value("GATEHOUSE_CA_FILE")
        certificateAuthorities = try Self.authorities(caFile)
        allowedUpstreams = try Self.hosts(options.allowUpstream, "--allow-upstream", "GATEHOUSE_ALLOW_UPSTREAM")
        trustedProxies = try Self.proxies(options.trustedProxy)
        maximumBundleBytes =
            try (options.maxBundleSize ?? Environment.value("GATEHOUSE_MAX_BUNDLE_SIZE"))
            .map { try ByteSize.parse($0, "--max-bundle-size (GATEHOUSE_MAX_BUNDLE_SIZE)") } ?? Deployments.usualMaximum
        idleTimeout = try TimeSpan.parse(
            options.idleTimeout ?? Environment.value("GATEHOUSE_IDLE_TIMEOUT") ?? Self.defaultIdleTimeout,
            "--idle-timeout (GATEHOUSE_IDLE_TIMEOUT)", in: 1...3600)
        shutdownDelay = try TimeSpan.parse(
            options.shutdownDelay ?? Environment.value("GATEHOUSE_SHUTDOWN_DELAY") ?? "0s",
            "--shutdown-delay (GATEHOUSE_SHUTDOWN_DELAY)", in: 0...300)
        quotas = try options.quotas.limits()
        masterKey = .init(path: options.masterKeyFile)
        if let content, content.sharesCookies(with: base?.host ?? "localhost") {
            throw ConfigurationError(
                content.isWildcard
                    ? "--base-url must be neither above nor below the names of --content-url: browsers share cookies between a name and those below it."
                    : "--content-url must be on another host name than --base-url: browsers share cookies between the ports of one."
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

    /// The files are read before anything starts: one that is missing would make every call of a provider fail later.
    private static func authorities(_ caFile: String?) throws -> CertificateAuthorities {
        let system = CertificateAuthorities.fromEnvironment()
        // SSL_CERT_DIR may list several folders (OpenSSL's X509_LOOKUP_hash_dir); some of them need not be there.
        if let folders = system.directory,
            !folders.split(separator: ":").contains(where: { access(String($0), R_OK) == 0 })
        {
            throw ConfigurationError("SSL_CERT_DIR names \(folders), which cannot be read: correct or unset it.")
        }
        // It may be empty, where SSL_CERT_DIR alone is to count.
        if let file = system.file { _ = try certificates(in: file, "SSL_CERT_FILE", limit: 16 << 20) }
        guard let caFile else { return system }
        let (pem, count) = try certificates(in: caFile, "--ca-file (GATEHOUSE_CA_FILE)", limit: 1 << 20)
        guard count > 0 else {
            throw ConfigurationError(
                "--ca-file (GATEHOUSE_CA_FILE) \(caFile) has no certificate: it must be PEM text with BEGIN CERTIFICATE."
            )
        }
        return system.adding(pem: pem)
    }

    /// The bytes of a file of certificates, and how many it has. One that cannot be read would make every call of a provider fail later.
    private static func certificates(in path: String, _ name: String, limit: Int) throws -> ([UInt8], Int) {
        let pem: [UInt8]
        do { pem = try Files.read(path, limit: limit + 1) } catch {
            throw ConfigurationError("\(name) names \(path), which cannot be read: \(error)")
        }
        guard pem.count <= limit else {
            throw ConfigurationError(
                "\(name) \(path) is longer than \(limit >> 20) MiB: give the authorities alone that are needed.")
        }
        do throws(Certificates.Unreadable) { return (pem, try Certificates.count(inPEM: pem)) } catch {
            throw ConfigurationError(
                "\(name) \(path): certificate \(error.number) cannot be read. Take it out, or copy it again.")
        }
    }

    private static func proxies(_ given: [String]) throws -> TrustedProxies {
        let listed = Environment.value("GATEHOUSE_TRUSTED_PROXIES")?.split(separator: ",").map(String.init) ?? []
        let texts = given.isEmpty ? listed : given
        guard !texts.isEmpty else { return .loopback }
        return TrustedProxies(
            try texts.map { text in
                guard let block = AddressBlock(parsing: text) else {
                    throw ConfigurationError(
                        "--trusted-proxy \(text) is not usable: write an address or a block, such as 10.0.0.7 or 10.0.0.0/24."
                    )
                }
                return block
            })
    }

    /// The public addresses, once the port is known.
    func address(port: Int) -> PublicAddress {
        PublicAddress(base: baseURL ?? Self.localBase(port), content: contentURL)
    }

    /// Where the installation itself answers: its listeners, and its proxy at the public addresses.
    func ownAddresses(port: Int) -> [UpstreamPolicy.OwnAddress] {
        let metrics = telemetry.metrics.map { [$0] } ?? []
        let listeners = ([ListenAddress(host: listen.host, port: port)] + metrics).compactMap { listener in
            UInt16(exactly: listener.port).map { port in
                UpstreamPolicy.OwnAddress(host: listener.hostInURL.lowercased(), port: port)
            }
        }
        return listeners + origins.map { UpstreamPolicy.OwnAddress(host: $0.host, port: $0.port) }
    }

    /// As browsers write it: without the port that goes without saying.
    private static func localBase(_ port: Int) -> String {
        port == 80 ? "http://localhost" : "http://localhost:\(port)"
    }

    /// What is printed by `check-config`; holds no secret.
    func summary(accounts: Int) -> JSONObject {
        let settings: JSONObject = [
            "data": .string(dataPath), "listen": .string(listen.description),
            "base_url": .string(baseURL ?? Self.localBase(listen.port)),
            "content_url": contentURL.map(JSON.string) ?? .null,
            "allowed_hosts": .array(allowedHosts.map { .string($0.description) }),
            "ca_file": caFile.map(JSON.string) ?? .null,
            "allowed_upstreams": .array(allowedUpstreams.map { .string($0.description) }),
            "trusted_proxies": .array(trustedProxies.blocks.map { .string($0.description) }),
            "metrics_listen": telemetry.metrics.map { .string($0.description) } ?? .null,
            "log_format": .string(telemetry.format.rawValue), "log_level": .string(telemetry.level.rawValue),
            "max_bundle_size": .integer(Int64(maximumBundleBytes)),
            "idle_timeout": .string("\(idleTimeout.components.seconds)s"),
            "shutdown_delay": .string("\(shutdownDelay.components.seconds)s"),
            "master_key": .string(masterKey.description), "accounts": .integer(Int64(accounts)),
        ]
        return settings.merging(QuotaOptions.summary(quotas))
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
