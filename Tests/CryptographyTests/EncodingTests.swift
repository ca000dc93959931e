import Cryptography
import Testing

@Suite struct EncodingTests {
    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", "", ""), ("f", "Zg", "=="), ("fo", "Zm8", "="), ("foo", "Zm9v", ""), ("foob", "Zm9vYg", "=="),
        ("fooba", "Zm9vYmE", "="), ("foobar", "Zm9vYmFy", ""),
    ])
    func theExamplesOfRFC4648Hold(plain: String, encoded: String, padding: String) {
        let bytes = Array(plain.utf8)
        #expect(Base64URL.encode(bytes) == encoded)
        #expect(Base64URL.decode(encoded) == bytes)
        #expect(Base64.encode(bytes) == encoded + padding)
        #expect(Base64.decode(encoded + padding) == bytes)
    }

    @Test func theAlphabetsDifferInTwoDigits() {
        #expect(Base64.encode([0xFB, 0xEF, 0xFF]) == "++//")
        #expect(Base64URL.encode([0xFB, 0xEF, 0xFF]) == "--__")
        #expect(Base64URL.decode("++//") == nil)
        #expect(Base64.decode("--__") == nil)
    }

    @Test func everyLengthSurvives() {
        for count in 0..<200 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ count) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Hex.decode(Hex.encode(bytes)) == bytes)
        }
        #expect(Base64URL.encode(SHA256.hash("abc")) == "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0")
    }

    @Test(arguments: [
        "Z", "Zg==", "Zg=", "Zm9vY", "Zh", "Zm9", "Z g", "Zg\n", " Zg", "Zm8.", "Zm9v=", "Zg\0", "Zg\u{E9}", "Ｚg",
    ])
    func base64URLIsStrict(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zh==", "Zm9=", "Zm8", "Zm9v====", "Z===", "====", "==", "Zg==Zg==", "Zg==\n", "Z=g=", "Zm8==",
    ])
    func base64IsStrict(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test func everyByteStringHasOneTextOnly() {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var decoded: Set<[UInt8]> = []
        for first in digits {
            for second in digits {
                guard let bytes = Base64URL.decode(String([first, second])) else { continue }
                #expect(decoded.insert(bytes).inserted)
            }
        }
        #expect(decoded.count == 256)
    }

    @Test func hexIsReadInEitherCaseAndWrittenInLower() {
        #expect(Hex.encode([0x00, 0x9A, 0xFF]) == "009aff")
        #expect(Hex.decode("009aFf") == [0x00, 0x9A, 0xFF])
        #expect(Hex.decode("") == [])
    }

    @Test(arguments: ["0", "0g", "0x00", " 00", "00\n", "+1", "０0"])
    func anythingElseIsNoHex(text: String) {
        #expect(Hex.decode(text) == nil)
    }

    /// The check value that every catalogue of CRCs lists, and two well-known others.
    @Test(
        arguments: [
            ("123456789", 0xCBF4_3926), ("", 0), ("The quick brown fox jumps over the lazy dog", 0x414F_A339),
        ] as [(String, UInt32)])
    func theKnownCheckSumsHold(text: String, checksum: UInt32) {
        #expect(CRC32.checksum(Array(text.utf8)) == checksum)
        #expect(CRC32.checksum(text.utf8) == checksum)
    }

    @Test func aSwapOfTwoCharactersChangesTheCheckSum() {
        #expect(CRC32.checksum("gh_ab".utf8) != CRC32.checksum("gh_ba".utf8))
    }
}
