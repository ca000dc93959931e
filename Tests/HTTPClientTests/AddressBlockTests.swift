import Testing

@testable import HTTPClient

@Suite("Address blocks")
struct AddressBlockTests {
    @Test(
        "hold what begins as they do",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"), ("10.0.0.0/8", "10.0.0.0", "9.255.255.255"),
            ("10.0.0.7", "10.0.0.7", "10.0.0.6"), ("10.0.0.7/32", "10.0.0.7", "10.0.0.8"),
            ("0.0.0.0/0", "255.255.255.255", "::1"), ("127.0.0.2", "127.0.0.2", "127.0.0.1"),
            ("::/0", "2001:db8::1", "10.0.0.1"), ("fd00::/8", "fdff::1", "fe00::1"),
            ("2001:db8::/64", "2001:db8::ffff:1", "2001:db8:0:1::"),
            ("2001:db8::/65", "2001:db8::1", "2001:db8::8000:0:0:1"),
            ("::1", "::1", "::2"), ("2001:db8::10/124", "2001:db8::1f", "2001:db8::20"),
        ])
    func contains(_ block: String, _ inside: String, _ outside: String) throws {
        let parsed = try #require(AddressBlock(parsing: block))
        #expect(parsed.contains(try #require(IPAddress(canonical: inside))))
        #expect(!parsed.contains(try #require(IPAddress(canonical: outside))))
    }

    @Test(
        "are refused where they are not what somebody can have meant",
        arguments: [
            "", "/", "10.0.0.0/", "/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/8/8",
            "10.1.2.3/8", "10.0.0/8", "10", "localhost", "::/129", "fd00::1/8", "::ffff:10.0.0.1", "[::1]", " 10.0.0.1",
            "10.0.0.0/255.0.0.0", "10.0.0.0/٨",
        ])
    func refuses(_ text: String) {
        #expect(AddressBlock(parsing: text) == nil)
    }

    @Test("print what they read") func prints() {
        for text in ["10.0.0.0/8", "10.0.0.7", "fd00::/8", "::1"] {
            #expect(AddressBlock(parsing: text)?.description == text)
        }
        #expect(AddressBlock(parsing: "10.0.0.7/32")?.description == "10.0.0.7")
    }
}
