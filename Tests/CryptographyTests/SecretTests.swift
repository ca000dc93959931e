import Cryptography
import Testing

@Suite struct SecretTests {
    static let text = "s3cr3t-t0ken"

    struct Holder {
        let name = "holder"
        let secret: SecretString
        let bytes: SecretBytes?
    }

    @Test func noWayOfPrintingShowsASecret() {
        let holder = Holder(secret: SecretString(Self.text), bytes: SecretBytes(Self.text.utf8))
        let shown = ways(ofPrinting: holder.secret) + ways(ofPrinting: SecretBytes(Self.text.utf8))
        for text in shown {
            #expect(text.contains("[redacted]"))
        }
        let inside = ways(ofPrinting: holder) + ways(ofPrinting: [holder.secret]) + ways(ofPrinting: ["a": holder])
        for text in shown + inside {
            #expect(!text.contains("s3cr3t"))
            // The bytes as numbers, the way an array of them is printed.
            #expect(!text.contains("51, 99"))
        }
        #expect(Mirror(reflecting: holder.secret).children.isEmpty)
        #expect(Mirror(reflecting: SecretBytes([1])).children.isEmpty)
    }

    @Test func aDigestIsPrintedOnlyOnPurpose() {
        let digest = SHA256.hash(Self.text)
        for text in ways(ofPrinting: digest) {
            #expect(text.contains("[digest]"))
            #expect(!text.contains(digest.hex.prefix(8)))
        }
        #expect(Mirror(reflecting: digest).children.isEmpty)
    }

    private func ways<Value>(ofPrinting value: Value) -> [String] {
        var dumped = ""
        dump(value, to: &dumped)
        var printed = ""
        print(value, to: &printed)
        var debugPrinted = ""
        debugPrint(value, to: &debugPrinted)
        return [String(describing: value), String(reflecting: value), "\(value)", dumped, printed, debugPrinted]
    }

    @Test(arguments: ["", "a", "grün 🌳", "with \0 inside"])
    func aSecretGivesBackWhatItHolds(text: String) {
        let secret = SecretString(text)
        #expect(secret.reveal() == text)
        #expect(secret.utf8Count == text.utf8.count)
        #expect(secret.isEmpty == text.isEmpty)
        #expect(SecretString(utf8: SecretBytes(text.utf8)) == secret)
        #expect(SecretBytes(text.utf8).withUnsafeBytes { [UInt8]($0) } == Array(text.utf8))
    }

    @Test func secretsAreEqualByTheirBytes() {
        #expect(SecretString("abc") == SecretString("abc"))
        #expect(SecretString("abc") != SecretString("abd"))
        #expect(SecretString("abc") != SecretString("abcd"))
        #expect(SecretString("\u{E9}") != SecretString("e\u{301}"))
        #expect(SecretBytes([]) == SecretBytes([]))
        #expect(SecretBytes([1, 2]) != SecretBytes([2, 1]))
        #expect(SecretString(utf8: SecretBytes([0xFF])) == nil)
    }

    @Test func aFailedFillGivesItsError() {
        #expect(throws: CryptographyError(.malformed)) {
            try SecretBytes(count: 32) { _ throws(CryptographyError) in throw CryptographyError(.malformed) }
        }
    }

    @Test func constantTimeComparisonComparesEverything() {
        let bytes = SecureRandom.bytes(32)
        #expect(constantTimeEquals(bytes, bytes))
        #expect(constantTimeEquals(bytes[...], AnyCollection(bytes)))
        #expect(!constantTimeEquals(bytes, bytes.dropLast()))
        #expect(constantTimeEquals([], []))
        #expect(!constantTimeEquals([], [0]))
        #expect(constantTimeEquals("grün", "grün"))
        #expect(!constantTimeEquals("grün", "gruen"))
        for position in bytes.indices {
            var other = bytes
            other[position] &+= 1
            #expect(!constantTimeEquals(bytes, other))
        }
    }

    @Test func randomBytesDoNotRepeat() {
        #expect(Set((0..<1_000).map { _ in SecureRandom.bytes(16) }).count == 1_000)
        #expect(SecureRandom.bytes(0).isEmpty)
        #expect(SecretBytes.random(32) != SecretBytes.random(32))
        let values = Set(SecureRandom.bytes(100_000))
        #expect(values.count == 256)
    }
}
