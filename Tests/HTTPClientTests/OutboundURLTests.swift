import HTTPClient
import Testing

@Suite("An outbound URL")
struct OutboundURLTests {
    private static let none = OutboundPolicy()

    private func code(_ text: String, _ policy: OutboundPolicy = none) -> OutboundURLError.Code? {
        do throws(OutboundURLError) {
            _ = try OutboundURL(parsing: text, policy: policy)
            return nil
        } catch { return error.code }
    }

    @Test("is taken apart, and printed as it was meant")
    func parts() throws {
        let url = try OutboundURL(parsing: "HTTPS://Host_1.Example.COM:443/a/../b%20c;x=1?q=1&r=/?", policy: Self.none)
        #expect(url.scheme == .https)
        #expect(url.host == "host_1.example.com")
        #expect(url.port == 443)
        #expect(url.path == "/a/../b%20c;x=1")
        #expect(url.query == "q=1&r=/?")
        #expect(url.text == "https://host_1.example.com/a/../b%20c;x=1?q=1&r=/?")
        #expect(url.origin == "https://host_1.example.com")
        #expect("\(url)" == "https://host_1.example.com/a/../b%20c;x=1")
        #expect(try OutboundURL(parsing: "https://example.com", policy: Self.none).text == "https://example.com/")
        #expect(try OutboundURL(parsing: "https://example.com?a", policy: Self.none).text == "https://example.com/?a")
    }

    @Test(
        "is refused for its form",
        arguments: [
            ("", .empty), ("example.com", .notAURL), ("https:/example.com", .notAURL), ("//example.com", .notAURL),
            ("http://example.com", .notHTTPS), ("ftp://example.com", .notHTTPS), ("file:///etc/passwd", .empty),
            ("javascript://example.com/%0aalert(1)", .notHTTPS), ("https://", .empty), ("https:///path", .empty),
            ("https://user@example.com", .userInfo), ("https://user:pass@example.com", .userInfo),
            ("https://example.com@evil.example.org", .userInfo), ("https://example.com/#x", .fragment),
            ("https://example.com#@evil.example.org/", .fragment), ("https://exam ple.com", .forbiddenCharacter),
            ("https://example.com\\@evil.example.org", .forbiddenCharacter),
            ("https://example.com/\r\nX: y", .forbiddenCharacter), ("https://example.com/\u{0}", .forbiddenCharacter),
            ("https://example.com/\t", .forbiddenCharacter), ("https://example.com/[1]", .forbiddenCharacter),
            ("https://exämple.com", .notASCII), ("https://dаtabricks.com", .notASCII),
            ("https://example。com", .notASCII),
            ("https://１２７.0.0.1", .notASCII), ("https://example.com:8443", .portNotAllowed),
            ("https://example.com:", .invalidPort), ("https://example.com:0", .invalidPort),
            ("https://example.com:65979", .invalidPort), ("https://example.com:44a", .invalidPort),
            ("https://example.com:+443", .invalidPort), ("https://a:443:443", .invalidPort),
            ("https://example..com", .invalidHost), ("https://.example.com", .invalidHost),
            ("https://example.com.", .invalidHost), ("https://-example.com", .invalidHost),
            ("https://example-.com", .invalidHost), ("https://exa%6dple.com", .invalidHost),
            ("https://ex*mple.com", .invalidHost), ("https://example.com/%zz", .invalidEscape),
            ("https://example.com/%0d%0aX", .invalidEscape), ("https://example.com/?a=%0", .invalidEscape),
            ("https://localhost", .privateName), ("https://LOCALHOST", .privateName),
            ("https://intranet", .privateName),
            ("https://a.localhost", .privateName), ("https://metadata.google.internal", .privateName),
            ("https://printer.local", .privateName), ("https://xn--dtabricks-56g.com", .punycode),
            ("https://a.XN--p1ai", .punycode),
        ] as [(String, OutboundURLError.Code)])
    func refusedForItsForm(_ text: String, _ expected: OutboundURLError.Code) {
        #expect(code(text) == expected)
    }

    @Test(
        "is refused when its host is an IP address in any notation",
        arguments: [
            "127.0.0.1", "8.8.8.8", "169.254.169.254", "2130706433", "0x7f000001", "0x7f.1", "0x7f.0.0.0x1", "127.1",
            "0177.0.0.1", "017700000001", "1.2.3.4.5", "999.999.999.999", "0", "1", "127.0.0.1.", "a.0x7f", "a.0x",
            "a.1",
            "[::1]", "[::ffff:127.0.0.1]", "[fd00:ec2::254]", "[2606:4700::1111]", "[fe80::1]",
        ])
    func refusedForAnAddress(_ host: String) {
        #expect(code("https://\(host)/") == .ipLiteral)
    }

    @Test("with broken brackets is refused")
    func brokenBrackets() {
        #expect(code("https://[::1") == .invalidHost)
        #expect(code("https://[::1]x") == .invalidHost)
        #expect(code("https://[fe80::1%25eth0]/") == .ipLiteral)
        #expect(code("https://[example.com]/") == .ipLiteral)
        #expect(code("https://a[::1]/") == .invalidHost || code("https://a[::1]/") == .invalidPort)
    }

    @Test("longer than 2048 bytes, or with a label or name longer than DNS has, is refused")
    func lengths() {
        #expect(code("https://example.com/" + String(repeating: "a", count: 2028)) == nil)
        #expect(code("https://example.com/" + String(repeating: "a", count: 2029)) == .tooLong)
        #expect(code("https://\(String(repeating: "a", count: 63)).com") == nil)
        #expect(code("https://\(String(repeating: "a", count: 64)).com") == .invalidHost)
        #expect(code("https://" + String(repeating: "a.", count: 126) + "com") == .invalidHost)
    }

    @Test("every refusal has a sentence of its own that repeats nothing of the input")
    func sentences() {
        let sentences = OutboundURLError.Code.allCases.map { OutboundURLError($0).description }
        #expect(Set(sentences).count == sentences.count)
        #expect(sentences.allSatisfy { $0.hasSuffix(".") && $0.count > 20 })
    }

    @Test("an allowed host may have its port, be an address, and be spoken to in plain http only on this machine")
    func allowedHosts() throws {
        let policy = OutboundPolicy(
            allowedHosts: try [
                "localhost:9100", "127.0.0.1", "[::1]:9200", "intranet", "10.0.0.5:8443", "xn--p1ai.example",
            ].map(AllowedHost.init))
        #expect(code("http://localhost:9100/x", policy) == nil)
        #expect(code("https://localhost:9100/x", policy) == nil)
        #expect(code("http://LocalHost:9100/x", policy) == nil)
        #expect(code("http://localhost:9101/x", policy) == .notHTTPS)
        #expect(code("https://localhost/x", policy) == .privateName)
        #expect(code("http://127.0.0.1:1/x", policy) == nil)
        #expect(code("http://127.1:1/x", policy) == .ipLiteral)
        #expect(code("http://[0:0:0:0:0:0:0:1]:9200/x", policy) == nil)
        #expect(code("http://[::1]:9201/x", policy) == .notHTTPS)
        #expect(code("http://intranet/", policy) == .notHTTPS)
        #expect(code("https://intranet:8080/", policy) == nil)
        #expect(code("https://10.0.0.5:8443/", policy) == nil)
        #expect(code("http://10.0.0.5:8443/", policy) == .notHTTPS)
        #expect(code("https://10.0.0.5/", policy) == .ipLiteral)
        #expect(code("https://xn--p1ai.example/", policy) == nil)
        #expect(code("https://a.xn--p1ai.example/", policy) == .punycode)
        #expect(try OutboundURL(parsing: "http://[::1]:9200", policy: policy).origin == "http://[::1]:9200")
    }

    @Test("a host typed without a scheme becomes http only where the policy allows it on this machine")
    func hostWithoutScheme() throws {
        let policy = OutboundPolicy(allowedHosts: [
            try AllowedHost(parsing: "localhost:9100"), try AllowedHost(parsing: "[::1]"),
        ])
        #expect(try OutboundURL(parsingHost: "localhost:9100", policy: policy).origin == "http://localhost:9100")
        #expect(try OutboundURL(parsingHost: "[::1]", policy: policy).origin == "http://[::1]")
        #expect(try OutboundURL(parsingHost: "Host.Example.com", policy: policy).origin == "https://host.example.com")
        #expect(throws: OutboundURLError(.privateName)) {
            try OutboundURL(parsingHost: "localhost:9101", policy: policy)
        }
    }

    @Test("a policy refuses a URL that only another policy let pass")
    func checkedAgain() throws {
        let wide = OutboundPolicy(allowedHosts: [try AllowedHost(parsing: "localhost")])
        let url = try OutboundURL(parsing: "http://localhost:9100/", policy: wide)
        try wide.check(url)
        #expect(throws: OutboundURLError(.notHTTPS)) { try Self.none.check(url) }
        let secure = try OutboundURL(parsing: "https://localhost:9100/", policy: wide)
        #expect(throws: OutboundURLError(.privateName)) { try Self.none.check(secure) }
    }

    @Test("the operator's form is read, and nonsense is refused with a sentence")
    func allowedHostForms() throws {
        let host = try AllowedHost(parsing: "Example.COM:8443")
        #expect(host.host == "example.com" && host.port == 8443 && "\(host)" == "example.com:8443")
        #expect(try AllowedHost(parsing: "[::1]:9100").description == "[::1]:9100")
        #expect(try AllowedHost(parsing: "127.0.0.1").port == nil)
        for text in [
            "", "https://example.com", "example.com/path", "a b", "[::1", "[example.com]", "127.1", "host:", "host:0",
            "u@h", "é",
        ] {
            #expect(throws: OutboundURLError.self, "\(text)") { try AllowedHost(parsing: text) }
        }
    }
}
