import Testing

@testable import Cryptography

@Suite struct AESGCMTests {
    static let key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
    static let text =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
        + "b16aedf5aa0de657ba637b39"

    struct KnownAnswer {
        let key: String
        let nonce: String
        let additionalData: String
        let plaintext: String
        let ciphertextAndTag: String
    }

    /// McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, test cases 13 to 16.
    static let knownAnswers = [
        KnownAnswer(
            key: String(repeating: "0", count: 64),
            nonce: String(repeating: "0", count: 24),
            additionalData: "",
            plaintext: "",
            ciphertextAndTag: "530f8afbc74536b9a963b4f1c4cb738b"
        ),
        KnownAnswer(
            key: String(repeating: "0", count: 64),
            nonce: String(repeating: "0", count: 24),
            additionalData: "",
            plaintext: String(repeating: "0", count: 32),
            ciphertextAndTag: "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
        ),
        KnownAnswer(
            key: key,
            nonce: "cafebabefacedbaddecaf888",
            additionalData: "",
            plaintext: text + "1aafd255",
            ciphertextAndTag: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b10"
                + "56828838c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a502270e3cc6c"
        ),
        KnownAnswer(
            key: key,
            nonce: "cafebabefacedbaddecaf888",
            additionalData: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            plaintext: text,
            ciphertextAndTag: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b10"
                + "56828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"
        ),
    ]

    @Test(arguments: knownAnswers)
    func thePublishedAnswersHold(answer: KnownAnswer) throws {
        let key = SecretBytes(try #require(Hex.decode(answer.key)))
        let nonce = try #require(Hex.decode(answer.nonce))
        let data = try #require(Hex.decode(answer.additionalData))
        let plaintext = try #require(Hex.decode(answer.plaintext))
        let sealed = try plaintext.withUnsafeBytes {
            try AESGCM.seal($0, key: key, nonce: nonce, additionalData: data)
        }
        #expect(Hex.encode(sealed) == answer.nonce + answer.ciphertextAndTag)
        #expect(try AESGCM.open(sealed, key: key, additionalData: data) == plaintext)
    }

    @Test(arguments: [0, 1, 15, 16, 17, 900, 100_000])
    func whatIsSealedOpens(size: Int) throws {
        let key = SecretBytes.random(32)
        let plaintext = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 167) }
        let sealed = try AESGCM.seal(plaintext, key: key, additionalData: [1, 2, 3])
        #expect(sealed.count == size + AESGCM.overhead)
        #expect(try AESGCM.open(sealed, key: key, additionalData: [1, 2, 3]) == plaintext)
        let secret = try AESGCM.openSecret(sealed, key: key, additionalData: [1, 2, 3])
        #expect(secret == SecretBytes(plaintext))
        let again = try AESGCM.seal(secret, key: key, additionalData: [])
        #expect(try AESGCM.open(again, key: key, additionalData: []) == plaintext)
    }

    @Test func aSecretTextIsSealedAsItsUTF8() throws {
        let key = SecretBytes.random(32)
        let sealed = try AESGCM.seal(SecretString("grün"), key: key, additionalData: [])
        let opened = try AESGCM.openSecret(sealed, key: key, additionalData: [])
        #expect(SecretString(utf8: opened)?.reveal() == "grün")
    }

    @Test func theSameTextIsNeverSealedTheSameWay() throws {
        let key = SecretBytes.random(32)
        let nonces = try (0..<1_000).map { _ in
            try AESGCM.seal([7], key: key, additionalData: []).prefix(AESGCM.nonceByteCount)
        }
        #expect(Set(nonces).count == nonces.count)
    }

    @Test func everyChangedBitIsNoticed() throws {
        let key = SecretBytes.random(32)
        let sealed = try AESGCM.seal(Array("a token".utf8), key: key, additionalData: [1])
        for position in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[position] ^= 1 << bit
                expectNotAuthentic(changed, key: key, additionalData: [1])
            }
        }
        expectNotAuthentic(sealed + [0], key: key, additionalData: [1])
        expectNotAuthentic(Array(sealed.dropLast()), key: key, additionalData: [1])
    }

    @Test(arguments: [[], [2], [1, 0], [0, 1]] as [[UInt8]])
    func otherAdditionalDataDoesNotOpen(other: [UInt8]) throws {
        let key = SecretBytes.random(32)
        let sealed = try AESGCM.seal([9], key: key, additionalData: [1])
        expectNotAuthentic(sealed, key: key, additionalData: other)
    }

    @Test func anotherKeyDoesNotOpen() throws {
        let sealed = try AESGCM.seal([9], key: .random(32), additionalData: [])
        expectNotAuthentic(sealed, key: .random(32), additionalData: [])
    }

    @Test(arguments: [0, 16, 24, 31, 33])
    func aKeyOfAnotherLengthIsRefused(count: Int) throws {
        let sealed = try AESGCM.seal([9], key: .random(32), additionalData: [])
        #expect(throws: CryptographyError(.invalidKeyLength)) {
            try AESGCM.seal([9], key: .random(count), additionalData: [])
        }
        #expect(throws: CryptographyError(.invalidKeyLength)) {
            try AESGCM.open(sealed, key: .random(count), additionalData: [])
        }
    }

    @Test(arguments: [0, 1, 12, 27])
    func tooFewBytesAreMalformed(count: Int) {
        #expect(throws: CryptographyError(.malformed)) {
            try AESGCM.open(SecureRandom.bytes(count), key: .random(32), additionalData: [])
        }
    }

    @Test func nothingOfAChangedTextComesOut() throws {
        let key = SecretBytes.random(32)
        var sealed = try AESGCM.seal(Array("a token".utf8), key: key, additionalData: [])
        sealed[AESGCM.nonceByteCount] ^= 1
        var output = [UInt8](repeating: 0xFF, count: 7)
        #expect(throws: CryptographyError(.authenticationFailed)) {
            try output.withUnsafeMutableBytes { try AESGCM.open(sealed, key: key, additionalData: [], into: $0) }
        }
        #expect(output == [UInt8](repeating: 0, count: 7))
    }

    private func expectNotAuthentic(_ sealed: [UInt8], key: SecretBytes, additionalData: [UInt8]) {
        #expect(throws: CryptographyError(.authenticationFailed)) {
            try AESGCM.open(sealed, key: key, additionalData: additionalData)
        }
        #expect(throws: CryptographyError(.authenticationFailed)) {
            try AESGCM.openSecret(sealed, key: key, additionalData: additionalData)
        }
    }
}
