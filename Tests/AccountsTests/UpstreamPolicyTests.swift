import Testing

@testable import Accounts

@Suite struct UpstreamPolicyTests {
    /// Everything is allowed, so that only the installation's own addresses are refused.
    private let policy = UpstreamPolicy(
        ownPort: 8080,
        own: [
            .init(host: "10.0.0.5", port: 9100), .init(host: "gatehouse.example.org", port: 443),
            .init(host: "*.apps.example.org", port: 8443), .init(host: "[::]", port: 9200),
        ]
    ) { _, _ in true }

    @Test(arguments: [
        "http://127.0.0.1:8080", "https://localhost:8080", "http://[::1]:8080", "http://127.0.0.2:8080",
        "http://127.1:8080", "http://2130706433:8080", "http://0x7f000001:8080", "http://0.0.0.0:8080",
        "http://0:8080", "http://localhost.:8080", "http://x.localhost:8080", "http://ip6-loopback:8080",
        "http://127.0.0.1:9100", "http://10.0.0.5:9100", "http://127.0.0.1:443", "https://localhost:8443",
        "http://[::1]:9200", "https://gatehouse.example.org:443", "https://GATEHOUSE.example.org.:443",
        "https://x.apps.example.org:8443",
    ])
    func noAddressOfTheInstallationIsContent(_ origin: String) throws {
        #expect { try policy.check(origin) } throws: { ($0 as? Refusal)?.field == "upstream_url" }
        #expect(policy.isOwn(origin.lowercased()))
    }

    @Test(arguments: [
        "http://127.0.0.1:8081", "http://10.0.0.5:8080", "http://10.0.0.6:9100", "https://gatehouse.example.org:8443",
        "https://apps.example.org:8443", "https://x.apps.example.org.evil:8443", "http://127.example.org:8080",
    ])
    func anotherAddressMayBeContent(_ origin: String) throws {
        #expect(try policy.check(origin) == origin)
        #expect(!policy.isOwn(origin))
    }
}
