import Testing

@testable import Cryptography

@Suite struct HKDFTests {
    /// RFC 5869, appendix A, cases 1 to 3.
    @Test(
        arguments: [
            (
                Array(repeating: 0x0B, count: 22), Array(0...12), Array(0xF0...0xF9),
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
            ),
            (
                Array(0...0x4F), Array(0x60...0xAF), Array(0xB0...0xFF),
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
                    + "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
            ),
            (
                Array(repeating: 0x0B, count: 22), [], [],
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
            ),
        ] as [([UInt8], [UInt8], [UInt8], String)])
    func theExamplesOfRFC5869Hold(secret: [UInt8], salt: [UInt8], info: [UInt8], key: String) throws {
        let secret = SecretBytes(secret)
        let derived = try HKDF.derive(from: secret, salt: salt, info: info, count: key.utf8.count / 2)
        #expect(derived.withUnsafeBytes { Hex.encode([UInt8]($0)) } == key)
        if salt.isEmpty {
            #expect(try HKDF.derive(from: secret, info: "", count: 42) == derived)
        }
    }

    @Test func eachPurposeHasItsOwnKey() throws {
        let secret = SecretBytes.random(32)
        let first = try HKDF.derive(from: secret, info: "sealing")
        #expect(first.count == 32)
        #expect(try HKDF.derive(from: secret, info: "sealing") == first)
        #expect(try HKDF.derive(from: secret, info: "signing") != first)
        #expect(try HKDF.derive(from: .random(32), info: "sealing") != first)
    }

    @Test(arguments: [0, -1, 8_161])
    func aLengthThatTheRFCForbidsIsRefused(count: Int) {
        #expect(throws: CryptographyError(.malformed)) {
            try HKDF.derive(from: .random(32), info: "x", count: count)
        }
    }

    @Test func theLongestKeyIsDerived() throws {
        #expect(try HKDF.derive(from: .random(32), info: "x", count: 8_160).count == 8_160)
    }
}
