import OAuthClient
import Storage
import Testing

@testable import Integrations

@Suite struct ReturnPathTests {
    private let address = PublicAddress(base: "https://g.example", content: "https://apps.example")

    @Test(arguments: [
        "", "x", "//evil.example", "/\\evil.example", "\\/evil.example", "https://evil.example", "https:evil.example",
        "javascript:alert(1)", "/\t/evil.example", "/ /evil.example", "/a\r\nSet-Cookie: x",
        "https://g.example.evil.example/",
        "https://g.example@evil.example/", "https://g.example//evil.example", "/.//evil.example", "/%2e//evil.example",
        "/a/../..//evil.example", "/%2E%2e/x", "/ä",
    ])
    func whatCouldLeadAwayIsNoReturnPath(_ text: String) { #expect(ReturnPath.relative(text, address: address) == nil) }

    @Test(arguments: [
        ("/", "/"), ("/accounts/acme/", "/accounts/acme/"), ("/content/x/?a=1&b=//c", "/content/x/?a=1&b=//c"),
        ("https://apps.example/content/x/", "/content/x/"), ("https://g.example/accounts/acme/", "/accounts/acme/"),
        ("/a//b", "/a//b"),
    ])
    func pathsOfOurOwnAreKept(_ text: String, _ path: String) {
        #expect(ReturnPath.relative(text, address: address) == path)
    }

    @Test(arguments: ["/", "/content/x/?a=1&b=%2F", "/?" + String(repeating: "&", count: 8192)])
    func aPathComesBackFromAParameterAsItWas(_ path: String) {
        // Through two addresses, as on the way through the sign-in.
        let inner = "/gateway/sign-in?to=" + ReturnPath.parameter(path)
        let outer = ReturnPath.parameter(inner)
        #expect(outer.utf8.count < 12_000)
        let fields = try? FormEncoding.fields("return_to=" + outer)
        #expect(fields?["return_to"].flatMap { ReturnPath.relative($0, address: address) } == inner)
        let own = try? FormEncoding.fields(String(inner.dropFirst("/gateway/sign-in?".count)))
        #expect(own?["to"].map(ReturnPath.text(ofParameter:)) == path)
    }

    @Test(arguments: ["*", "*x", "*Ly9ldmlsLmV4YW1wbGU", "*aHR0cHM6Ly9ldmlsLmV4YW1wbGUv", "**"])
    func whatIsPackedIsJudgedLikeAnythingElse(_ text: String) {
        #expect(ReturnPath.relative(text, address: address) == nil)
    }

    @Test func whatBrowsersSendUnescapedIsEscaped() {
        #expect(ReturnPath.target("/content/x/?a=b\\c&d=ä") == "/content/x/?a=b%5Cc&d=%C3%A4")
        for text in ["/content/x/a\r\nb", "/content/x/ y", "/content/x/../y", "/content/x/%2e/y"] {
            #expect(ReturnPath.target(text) == nil)
        }
    }
}

@Suite struct ContentOriginTests {
    private let guid = GUID(tenant: TenantFingerprint(value: 5))
    private let other = GUID(tenant: TenantFingerprint(value: 5))
    private let address = PublicAddress(base: "https://g.example", content: "https://*.apps.example:8443")

    @Test func eachContentHasAHostOfItsOwn() {
        #expect(address.contentOrigin(of: guid) == "https://\(guid).apps.example:8443")
        #expect(address.contentAddress(of: guid) == "https://\(guid).apps.example:8443/")
        let page = address.contentAddress(of: guid, path: "/content/\(guid)//x?y=1")
        #expect(page == "https://\(guid).apps.example:8443//x?y=1")
        let shared = PublicAddress(base: "https://g.example", content: "https://apps.example")
        #expect(shared.contentOrigin(of: guid) == "https://apps.example")
        #expect(shared.contentAddress(of: guid) == "https://apps.example/content/\(guid)/")
        #expect(PublicAddress(base: "https://g.example", content: nil).contentOrigin(of: guid) == nil)
    }

    @Test func aContentIsServedAtItsHostAlone() {
        for host in ["\(guid).apps.example", "\(guid).apps.example:8443", "\(guid).APPS.example:443"] {
            #expect(address.serves(guid, at: host), "\(host)")
        }
        for host in [
            nil, "", "apps.example", "*.apps.example", "\(other).apps.example", "\(guid).apps.example.",
            "\(guid).apps.example:8443.evil.example", "\(guid).apps.example.evil.example", "x.\(guid).apps.example",
        ] {
            #expect(!address.serves(guid, at: host), "\(host ?? "")")
        }
        #expect(PublicAddress(base: "https://g.example", content: "https://apps.example").serves(guid, at: nil))
    }

    @Test func theAddressOfAContentAtItsOwnHostIsItsPath() {
        let own = "https://\(guid).apps.example:8443"
        for (text, path) in [
            ("/x?y=1", "/x?y=1"), ("/content/\(guid)/x?y=1", "/x?y=1"), ("/content/\(other)/", "/content/\(other)/"),
            ("/accounts/acme/", "/accounts/acme/"), ("//x", "//x"),
        ] {
            #expect(ReturnPath.relative(own + text, address: address) == "/content/\(guid)\(path)", "\(text)")
        }
        for text in [
            "\(own)/../accounts/acme/", "\(own).evil.example/content/\(guid)/",
            "https://apps.example:8443/content/\(guid)/", "https://\(guid).apps.example/content/\(guid)/", own,
            "\(own)/content/\(guid)/../x",
        ] {
            #expect(ReturnPath.relative(text, address: address) == nil, "\(text)")
        }
    }
}
