import HTTPClient
import Testing

@Suite("What is printed of a call")
struct RedactionTests {
    @Test("shows no header value, body or query, however it is printed")
    func redaction() throws {
        let url = try OutboundURL(parsing: "https://host.example.com/token?key=hidden", policy: OutboundPolicy())
        let request = OutboundRequest(
            method: .post, url: url, headers: [("Authorization", "hidden")], body: Array("hidden".utf8))
        let response = OutboundResponse(status: 200, headers: [("X", "hidden")], body: Array("hidden".utf8))
        var dumped = ""
        dump(request, to: &dumped)
        dump(response, to: &dumped)
        for text in ["\(request)", String(reflecting: request), "\(response)", String(reflecting: response), dumped] {
            #expect(!text.contains("hidden"))
            #expect(!text.contains("\(Array("hidden".utf8))"))
            #expect(!text.contains("\(UInt8(ascii: "h"))"), "not byte by byte either")
        }
        #expect("\(request)" == "POST https://host.example.com/token")
        #expect("\(response)" == "status 200, 6 bytes")
    }
}
