import JSON
import Testing

@Suite struct JSONParseTests {
    @Test func everyKindOfValueIsRead() throws {
        let json = try JSON.parse(
            #"{"n": null, "t": true, "f": false, "i": -42, "d": 1.5e2, "s": "gr\u00fcn 🌳", "a": [1, []]}"#)
        let expected: JSON = [
            "n": nil, "t": true, "f": false, "i": -42, "d": 150.0, "s": "grün 🌳", "a": [1, []],
        ]
        #expect(json == expected)
        #expect(json["n"]?.isNull == true)
        #expect(json["missing"] == nil)
        #expect(json["i"]?.integerValue == -42)
        #expect(json["i"]?.doubleValue == -42)
        #expect(json["i"]?.stringValue == nil)
        #expect(json["t"]?.boolValue == true)
        #expect(json["a"]?[0] == 1)
        #expect(json["a"]?[2] == nil)
        #expect(json["a"]?.arrayValue?.count == 2)
        #expect(json.objectValue?.keys == ["n", "t", "f", "i", "d", "s", "a"])
    }

    @Test(
        arguments: [
            ("7", .integer(7)), (" \"x\" ", .string("x")), ("null", .null), ("[]", .array([])), ("{}", .object([:])),
        ] as [(String, JSON)])
    func aTextMayBeAnyValue(text: String, expected: JSON) throws {
        #expect(try JSON.parse(text) == expected)
    }

    @Test func theWholeRangeOfInt64IsReadAndNoMore() throws {
        #expect(try JSON.parse("9223372036854775807") == .integer(.max))
        #expect(try JSON.parse("-9223372036854775808") == .integer(.min))
        expect(.numberOutOfRange, from: "9223372036854775808")
        expect(.numberOutOfRange, from: "[1, -9223372036854775809]")
        expect(.numberOutOfRange, from: "1e999")
    }

    @Test func anIntegerWrittenAsRealStaysReal() throws {
        #expect(try JSON.parse("3600.0") == .double(3600))
        #expect(try JSON.parse("1E3").integerValue == nil)
    }

    @Test(arguments: [
        ("{\"a\":1,\n \"a\":2}", JSONError.Reason.duplicateKey, 2),
        ("[1,\n2,\n x]", .syntax, 3),
        ("{} {}", .syntax, 1),
        ("[1,]", .syntax, 1),
        ("{'a': 1}", .syntax, 1),
        ("[01]", .syntax, 1),
        ("[NaN]", .syntax, 1),
        ("\"a\tb\"", .syntax, 1),
        ("// no\n{}", .syntax, 1),
        ("\u{FEFF}\u{FEFF}{}", .syntax, 1),
        ("", .endOfInput, 1),
        ("\u{FEFF}", .endOfInput, 1),
        ("  \n ", .endOfInput, 2),
        ("{\"a\":\n[1,", .endOfInput, 2),
        ("\"open", .endOfInput, 1),
        ("[\"a\\u0000b\"]", .nulCharacter, 1),
        ("{\"a\\u0000b\": 1}", .nulCharacter, 1),
    ])
    func aFaultIsNamedWithItsLine(text: String, reason: JSONError.Reason, line: Int) {
        let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
        #expect(error?.reason == reason)
        #expect(error?.line == line)
    }

    @Test func aByteOrderMarkIsIgnored() throws {
        #expect(try JSON.parse("\u{FEFF}[1]") == .array([.integer(1)]))
    }

    @Test func theColumnPointsAtTheFault() {
        let error = #expect(throws: JSONError.self) { try JSON.parse("{\n  \"ü\": x\n}") }
        #expect(error == JSONError(line: 2, column: 8, reason: .syntax))
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
            [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22],
        ] as [[UInt8]])
    func bytesThatAreNotUTF8AreRefused(bytes: [UInt8]) {
        let error = #expect(throws: JSONError.self) { try JSON.parse(bytes) }
        #expect(error?.reason == .invalidUTF8)
    }

    @Test(arguments: [#""\ud800""#, #""\udc00\ud800""#, #""\ud83cx""#])
    func halfASurrogatePairIsRefused(text: String) {
        #expect(throws: JSONError.self) { try JSON.parse(text) }
    }

    @Test func aNULByteIsRefused() {
        #expect(throws: JSONError.self) { try JSON.parse([0x22, 0x00, 0x22] as [UInt8]) }
        #expect(throws: JSONError.self) { try JSON.parse([0x7B, 0x7D, 0x00] as [UInt8]) }
    }

    @Test func sixtyFourLevelsAreReadAndNoMore() throws {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(try JSON.parse(deep).text() == deep)
        let objects = String(repeating: "{\"a\":", count: 64) + "1" + String(repeating: "}", count: 64)
        #expect(try JSON.parse(objects).text() == objects)

        let tooDeep = "[\n\"ü\", [" + deep + "]]"
        let error = #expect(throws: JSONError.self) { try JSON.parse(tooDeep) }
        #expect(error == JSONError(line: 2, column: 6 + 63, reason: .tooDeep))
        expect(.tooDeep, from: String(repeating: "[", count: 1_000_000))
        expect(.tooDeep, from: String(repeating: "[{\"a\":", count: 33))
    }

    @Test func bracketsInStringsAreNoLevels() throws {
        let brackets = String(repeating: "[{", count: 100)
        #expect(try JSON.parse("[\"\\\"\(brackets)\\\\\"]") == [.string("\"\(brackets)\\")])
    }

    @Test func siblingsAreNoLevels() throws {
        let text = "[" + Array(repeating: "[[]]", count: 1_000).joined(separator: ",") + "]"
        #expect(try JSON.parse(text).arrayValue?.count == 1_000)
    }

    @Test func twoSpellingsOfOneNameAreADuplicate() {
        // U+212A, the kelvin sign, is canonically equivalent to K: Swift would find one of the two only.
        expect(.duplicateKey, from: "{\"K\": 1, \"\u{212A}\": 2}")
        expect(.duplicateKey, from: "[{\"\u{E9}\": 1, \"e\u{301}\": 2}]")
    }

    @Test func anErrorNeverQuotesTheText() {
        let secret = "s3cr3t-t0ken"
        let texts = [
            "{\"access_token\": \"\(secret)", "{\"access_token\": \(secret)}", "{\"\(secret)\": 1, \"\(secret)\": 2}",
            "[\"\(secret)\" \"\(secret)\"]", "\(secret)", "{\"a\": \"\(secret)\\u0000\"}", "[1] \(secret)",
        ]
        for text in texts {
            let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
            guard let error else { continue }
            var dumped = ""
            dump(error, to: &dumped)
            for shown in [error.description, String(reflecting: error), dumped] {
                #expect(!shown.contains("s3cr3t"))
            }
            #expect(error.description.contains("at line 1, column \(error.column)."))
        }
    }

    @Test func anyByteMayBeWrongWithoutHarm() throws {
        let text = Array(#"{"a":[1,-2.5e3,"\u00e9\n",true,null,{"b":{}}],"c":"x"}"#.utf8)
        var accepted = 0
        for position in text.indices {
            for byte in UInt8.min...UInt8.max {
                var damaged = text
                damaged[position] = byte
                if let json = try? JSON.parse(damaged) {
                    accepted += 1
                    #expect(try JSON.parse(json.serialized()) == json)
                }
            }
            #expect(throws: JSONError.self) { try JSON.parse(Array(text[..<position])) }
        }
        #expect(accepted > text.count)
    }

    private func expect(_ reason: JSONError.Reason, from text: String) {
        let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
        #expect(error?.reason == reason)
    }
}
