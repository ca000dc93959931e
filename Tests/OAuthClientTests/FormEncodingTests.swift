import OAuthClient
import Testing

@Suite("Form encoding")
struct FormEncodingTests {
    @Test("escapes everything but letters, digits and *-._, and a space as +")
    func encoding() {
        #expect(FormEncoding.encode(" %&+£€") == "+%25%26%2B%C2%A3%E2%82%AC")
        #expect(
            FormEncoding.encode("aZ09*-._~:/?#[]@!$'(),;=\"\n")
                == "aZ09*-._%7E%3A%2F%3F%23%5B%5D%40%21%24%27%28%29%2C%3B%3D%22%0A")
        #expect(FormEncoding.encodeQuery([("a b", "c+d"), ("é", "~*")]) == "a%20b=c%2Bd&%C3%A9=~%2A")
        #expect(String(decoding: FormEncoding.encode([("a", "1 2"), ("b", "")]), as: UTF8.self) == "a=1+2&b=")
    }

    @Test("what is encoded decodes to itself")
    func roundTrip() throws {
        let odd = String(String.UnicodeScalarView((0...0x2ff).compactMap { Unicode.Scalar(UInt32($0)) }))
        #expect(FormEncoding.decode(FormEncoding.encode(odd)) == odd)
        #expect(FormEncoding.decode(FormEncoding.encodeQuery(odd)) == odd)
    }

    @Test("decoding refuses what is broken", arguments: ["%", "%a", "%zz", "%+1", "%ff", "a=%c3", "%ed%a0%80=1"])
    func malformed(_ text: String) {
        #expect(throws: FormEncoding.Failure.malformed) { try FormEncoding.decode(form: text) }
    }

    @Test("decoding keeps order, skips empty pairs, and refuses duplicates unless they are allowed")
    func forms() throws {
        let pairs = try FormEncoding.decode(form: "a=1&&b&c=x=y+z&")
        #expect(pairs.map(\.name) == ["a", "b", "c"])
        #expect(pairs.map(\.value) == ["1", "", "x=y z"])
        #expect(throws: FormEncoding.Failure.duplicate) { try FormEncoding.decode(form: "a=1&%61=2") }
        #expect(try FormEncoding.decode(form: "a=1&a=2", allowsDuplicates: true).count == 2)
        #expect(throws: FormEncoding.Failure.duplicate) { try FormEncoding.fields("a=1&a=1") }
        #expect(try FormEncoding.fields(Array("a=1&b=2".utf8)) == ["a": "1", "b": "2"])
        #expect(try FormEncoding.fields("") == [:])
    }

    @Test("decoding has limits")
    func limits() {
        #expect(throws: FormEncoding.Failure.tooLarge) { try FormEncoding.decode(form: "a=12345", maximumBytes: 6) }
        #expect(throws: FormEncoding.Failure.tooLarge) { try FormEncoding.decode(form: "a&b&c", maximumCount: 2) }
    }
}
