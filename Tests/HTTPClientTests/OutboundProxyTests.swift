import Synchronization
import Testing

@testable import HTTPClient

@Suite("The proxy", .timeLimit(.minutes(5)))
struct OutboundProxyTests {
    @Test("is read from the environment, in small letters first")
    func environment() throws {
        func proxy(_ values: [String: String]) -> OutboundProxy? { .fromEnvironment { values[$0] } }
        #expect(proxy([:]) == nil)
        #expect(proxy(["http_proxy": "http://p:1", "no_proxy": "*"]) == nil)
        #expect(proxy(["https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:1"])?.url == "http://a:1")
        #expect(proxy(["ALL_PROXY": "http://c:1", "https_proxy": ""])?.url == "http://c:1")
        #expect(
            proxy(["https_proxy": "http://a:1", "NO_PROXY": "One.com, .two.com"])?.exceptions == [
                "one.com", ".two.com",
            ])
        #expect(proxy(["https_proxy": "http://user:password@a:1"]).map { "\($0)" } == "[proxy]")
    }

    @Test("is passed over for exceptions, for what lies below them, and for this machine")
    func exceptions() throws {
        let policy = OutboundPolicy(allowedHosts: [try AllowedHost(parsing: "localhost")])
        let proxy = OutboundProxy(url: "http://proxy:1", exceptions: ["one.com", ".two.com"])
        func applies(_ text: String) throws -> Bool {
            proxy.applies(to: try OutboundURL(parsing: text, policy: policy))
        }
        #expect(try !applies("https://one.com/"))
        #expect(try !applies("https://a.one.com/"))
        #expect(try !applies("https://a.two.com/"))
        #expect(try applies("https://none.com/"))
        #expect(try !applies("http://localhost:1/"))
        let all = OutboundProxy(url: "http://proxy:1", exceptions: ["*"])
        #expect(!all.applies(to: try OutboundURL(parsing: "https://none.com/", policy: policy)))
    }

    @Test("may have any address itself, gets the name unresolved, and a refusal of it means that nothing was sent")
    func tunnel() async throws {
        let server = TestServer { server, connection in
            if let request = connection.readRequest() { server.record(request) }
            connection.answer(403, headers: "X-Proxy: 1\r\n")
        }
        defer { server.stop() }
        let transport = CurlTransport(
            policy: OutboundPolicy(), proxy: OutboundProxy(url: "http://\(server.hostAndPort)"))
        let url = try OutboundURL(parsing: "https://host.example.com/token", policy: OutboundPolicy())
        do throws(OutboundError) {
            _ = try await transport.send(OutboundRequest(method: .post, url: url, body: Array("code=x".utf8)))
            Issue.record("the proxy refused")
        } catch {
            #expect(error.code == .notConnected)
            #expect(!error.mayHaveBeenSent)
        }
        #expect(server.requests.first?.hasPrefix("CONNECT host.example.com:443 ") == true)
        #expect(server.requests.allSatisfy { !$0.contains("code=x") })
    }

    @Test("libcurl is told the addresses of the proxy, and those of the host only where the proxy does not look it up")
    func ownResolver() async throws {
        let server = TestServer { server, connection in
            if let bytes = connection.readSome() { server.record(String(decoding: bytes, as: UTF8.self)) }
            connection.answer(403)
        }
        defer { server.stop() }
        let asked = Mutex<[String]>([])
        let resolver = Resolver { name in
            asked.withLock { $0.append(name) }
            return ["127.0.0.1"]
        }
        let url = try OutboundURL(parsing: "https://nowhere.invalid/token", policy: OutboundPolicy())
        for scheme in ["http", "socks5h", "socks5"] {
            let proxy = OutboundProxy(url: "\(scheme)://user:password@proxy-\(scheme).invalid:\(server.port)")
            let transport = CurlTransport(policy: OutboundPolicy(), proxy: proxy, resolutions: [], resolver: resolver)
            await #expect(throws: OutboundError.self) {
                try await transport.send(OutboundRequest(method: .get, url: url))
            }
        }
        #expect(
            asked.withLock(\.self) == [
                "proxy-http.invalid", "proxy-socks5h.invalid", "proxy-socks5.invalid", "nowhere.invalid",
            ])
        #expect(server.connections == 3)
        #expect(server.requests.first?.hasPrefix("CONNECT nowhere.invalid:443 ") == true)
    }

    @Test("its host and port are read as libcurl reads them")
    func endpoint() {
        for (url, host, port): (String, String, UInt16) in [
            ("proxy.example:3128", "proxy.example", 3128), ("http://proxy.example", "proxy.example", 1080),
            ("https://a:b@proxy.example/", "proxy.example", 443), ("socks5h://[::1]:9", "[::1]", 9),
        ] {
            let proxy = OutboundProxy(url: url)
            #expect(proxy.host == host)
            #expect(proxy.port == port)
        }
        #expect(OutboundProxy(url: "http://").host == nil)
    }
}
