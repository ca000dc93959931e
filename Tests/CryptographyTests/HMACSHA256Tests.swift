import Cryptography
import Testing

@Suite struct HMACSHA256Tests {
    static let long =
        "This is a test using a larger than block-size key and a larger than block-size data. "
        + "The key needs to be hashed before being used by the HMAC algorithm."

    /// RFC 4231, section 4, cases 1 to 4, 6 and 7 (5 is a truncated output), and the empty key and message.
    static let cases: [(key: [UInt8], message: [UInt8], code: String)] = [
        (
            Array(repeating: 0x0B, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            Array(repeating: 0xAA, count: 20), Array(repeating: 0xDD, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            Array(1...25), Array(repeating: 0xCD, count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            Array(repeating: 0xAA, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            Array(repeating: 0xAA, count: 131), Array(long.utf8),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
        ([], [], "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
    ]

    @Test(arguments: cases)
    func theExamplesOfRFC4231Hold(key: [UInt8], message: [UInt8], code: String) throws {
        let key = SecretBytes(key)
        let digest = HMACSHA256.authenticate(message, key: key)
        #expect(digest.hex == code)
        #expect(HMACSHA256.isValid(digest, for: message, key: key))
        #expect(HMACSHA256.isValid(digest.bytes, for: message, key: key))
        #expect(!HMACSHA256.isValid(Array(digest.bytes.dropLast()), for: message, key: key))
        #expect(!HMACSHA256.isValid([], for: message, key: key))
        #expect(!HMACSHA256.isValid(digest, for: message + [0], key: key))
        for position in digest.bytes.indices {
            var bytes = digest.bytes
            bytes[position] ^= 1
            #expect(!HMACSHA256.isValid(bytes, for: message, key: key))
        }
    }

    @Test func codesMadeAtOnceAreTheSame() async {
        let key = SecretBytes([1, 2, 3])
        let expected = HMACSHA256.authenticate(Array("message".utf8), key: key)
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<64 {
                group.addTask {
                    let other = SecretBytes([UInt8(number)])
                    return (0..<200).allSatisfy { _ in
                        HMACSHA256.authenticate(Array("message".utf8), key: key) == expected
                            && HMACSHA256.authenticate(Array("message".utf8), key: other) != expected
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
