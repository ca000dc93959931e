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
