import JSON
import Testing

@Suite struct JSONSerializeTests {
    @Test func membersKeepTheirOrder() throws {
        let text = #"{"zebra":1,"apple":[true,false,null],"mango":{"b":"","a":-1}}"#
        #expect(try JSON.parse(text).text() == text)
        #expect(try JSON.parse(text).serialized() == Array(text.utf8))
    }

    @Test func prettyMeansTwoSpacesALevel() {
        let json: JSON = ["a": [1, 2], "b": ["c": "d"], "e": []]
        #expect(
            json.text(pretty: true) == """
                {
                  "a": [
                    1,
                    2
                  ],
                  "b": {
                    "c": "d"
                  },
                  "e": []
                }
                """
        )
    }

    @Test(arguments: [JSON.null, true, 0, "", [], [:], .integer(.min), .integer(.max), .double(-0.5)])
    func everyValueSurvivesTheWayOutAndIn(json: JSON) throws {
        #expect(try JSON.parse(json.serialized()) == json)
        #expect(try JSON.parse(json.text(pretty: true)) == json)
    }

    @Test func everyScalarSurvivesTheWayOutAndIn() throws {
        let scalars = (UInt32(1)...0x3000).compactMap(Unicode.Scalar.init) + ["\u{FFFF}", "\u{10000}", "\u{10FFFF}"]
        let all = String(String.UnicodeScalarView(scalars))
        let back = try JSON.parse(JSON.object(["text": .string(all)]).serialized())
        #expect(back["text"]?.stringValue.map { Array($0.utf8) } == Array(all.utf8))
    }

    @Test func aStringWithNULIsWrittenWhole() {
        let json: JSON = ["a\0b": "c\0d"]
        #expect(json.text() == #"{"a\u0000b":"c\u0000d"}"#)
    }

    @Test func quotesAndControlCharactersAreEscaped() {
        #expect(JSON.string("\"\\\n\t\u{1}/ü").text() == #""\"\\\n\t\u0001/ü""#)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, .signalingNaN])
    func aDoubleThatIsNotFiniteIsNull(value: Double) {
        #expect(JSON.array([.double(value)]).text() == "[null]")
    }

    @Test func aDoubleIsWrittenShortWhereThatIsExact() {
        #expect(JSON.array([0.1, 3600.0, 1e300, -2.5e-7]).text() == "[0.1,3600.0,1e300,-2.5e-7]")
    }

    @Test func everyDoubleSurvives() throws {
        var generator = SeededGenerator()
        let patterns = (0..<2_000).map { _ in Double(bitPattern: generator.next()) }.filter(\.isFinite)
        let doubles = patterns + [0.1 + 0.2, .pi, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1.0 / 3.0]
        for double in doubles {
            #expect(try JSON.parse(JSON.double(double).serialized()) == .double(double), "seed \(generator.seed)")
        }
        let together = JSON.array(doubles.map { .double($0) })
        #expect(try JSON.parse(together.serialized()) == together)
    }

    @Test func aLargeTextIsWrittenWhole() throws {
        let json = JSON.array((0..<20_000).map { ["id": .integer($0), "name": .string("name \($0)")] })
        #expect(try JSON.parse(json.serialized()) == json)
    }
}
