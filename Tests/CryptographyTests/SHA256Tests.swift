import Cryptography
import Testing

@Suite struct SHA256Tests {
    /// FIPS 180-4's examples (NIST, "SHA256.pdf") and the empty message.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func theStandardsExamplesHold(message: String, digest: String) {
        let bytes = Array(message.utf8)
        #expect(SHA256.hash(message).hex == digest)
        #expect(SHA256.hash(bytes).hex == digest)
        #expect(SHA256.hash(AnyCollection(bytes)).hex == digest)
        #expect(bytes.withUnsafeBytes { SHA256.hash($0) }.hex == digest)
    }

    @Test func piecesGiveTheDigestOfTheWhole() {
        let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0) }
        for cut in [0, 1, 63, 64, 65, 299, 300] {
            var hasher = SHA256.Hasher()
            hasher.update(bytes[..<cut])
            hasher.update(AnyCollection(bytes[cut...]))
            #expect(hasher.finalize() == SHA256.hash(bytes))
            let parts = bytes.withUnsafeBytes { buffer in
                SHA256.hash(parts: [.init(rebasing: buffer[..<cut]), .init(rebasing: buffer[cut...])])
            }
            #expect(parts == SHA256.hash(bytes))
        }
        var hasher = SHA256.Hasher()
        hasher.update("a")
        hasher.update("bc")
        #expect(hasher.finalize() == SHA256.hash("abc"))
    }

    @Test func aDigestIsTheSameHoweverItIsMade() throws {
        let digest = SHA256.hash("abc")
        #expect(Digest(bytes: digest.bytes) == digest)
        #expect(Digest(hex: digest.hex) == digest)
        #expect(digest.withUnsafeBytes { [UInt8]($0) } == digest.bytes)
        #expect(Set([digest, SHA256.hash("abc"), SHA256.hash("abd")]).count == 2)
        #expect(Digest(bytes: digest.bytes.dropLast()) == nil)
        #expect(Digest(bytes: digest.bytes + [0]) == nil)
        #expect(Digest(hex: "ab") == nil)
    }

    @Test func everyByteOfADigestCounts() {
        let digest = SHA256.hash("abc")
        for position in 0..<Digest.byteCount {
            var bytes = digest.bytes
            bytes[position] ^= 0x80
            #expect(Digest(bytes: bytes) != digest)
            #expect(Digest(bytes: bytes).map { constantTimeEquals($0, digest) } == false)
        }
    }
}
