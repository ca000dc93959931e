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
}

@Suite struct ContentOriginTests {
    private let guid = GUID(tenant: TenantFingerprint(value: 5))
    private let other = GUID(tenant: TenantFingerprint(value: 5))
    private let address = PublicAddress(base: "https://g.example", content: "https://*.apps.example:8443")

    @Test func eachContentHasAHostOfItsOwn() {
        #expect(address.contentOrigin(of: guid) == "https://\(guid).apps.example:8443")
        #expect(address.contentAddress(of: guid) == "https://\(guid).apps.example:8443/content/\(guid)/")
        let shared = PublicAddress(base: "https://g.example", content: "https://apps.example")
        #expect(shared.contentOrigin(of: guid) == "https://apps.example")
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
        #expect(ReturnPath.relative("\(own)/content/\(guid)/x?y=1", address: address) == "/content/\(guid)/x?y=1")
        for text in [
            "\(own)/content/\(other)/", "\(own)/accounts/acme/", "\(own).evil.example/content/\(guid)/",
            "https://apps.example:8443/content/\(guid)/", "https://\(guid).apps.example/content/\(guid)/", own,
            "\(own)/content/\(guid)/../x",
        ] {
            #expect(ReturnPath.relative(text, address: address) == nil, "\(text)")
        }
    }
}
