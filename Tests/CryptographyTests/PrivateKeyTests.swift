import Testing

@testable import Cryptography

@Suite struct PrivateKeyTests {
    /// RFC 7515, appendix A.2 and A.3: key, signing input, signature.
    private static let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    private static let rs256 = (
        input: Array("eyJhbGciOiJSUzI1NiJ9.\(payload)".utf8),
        signature: "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbd"
            + "s9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eS"
            + "N9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIh"
            + "WkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    )
    private static let es256 = (
        input: Array("eyJhbGciOiJFUzI1NiJ9.\(payload)".utf8),
        signature: "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    )

    private static func key(_ key: TestKey) throws(CryptographyError) -> PrivateKey { try self.key(key.pem) }

    private static func key(_ pem: String) throws(CryptographyError) -> PrivateKey {
        try PrivateKey(pem: SecretString(pem))
    }

    @Test(arguments: [TestKey.rsa, .rsaTraditional])
    func theExampleOfRS256Holds(key: TestKey) throws {
        let key = try Self.key(key)
        #expect(key.algorithm == .rs256)
        #expect(Base64URL.encode(try key.sign(Self.rs256.input)) == Self.rs256.signature)
        let signature = try #require(Base64URL.decode(Self.rs256.signature))
        #expect(key.publicKey.isValid(signature: signature, for: Self.rs256.input))
    }

    @Test(arguments: [TestKey.p256, .p256Traditional, .p256WithoutPublicHalf])
    func theExampleOfES256Holds(key: TestKey) throws {
        let key = try Self.key(key)
        #expect(key.algorithm == .es256)
        let theirs = try #require(Base64URL.decode(Self.es256.signature))
        #expect(key.publicKey.isValid(signature: theirs, for: Self.es256.input))
        let ours = try key.sign(Self.es256.input)
        #expect(ours.count == 64)
        #expect(key.publicKey.isValid(signature: ours, for: Self.es256.input))
    }

    /// One signature in 128 has an r or s with a leading zero, which must not get lost.
    @Test func everySignatureOnP256Has64Bytes() throws {
        let key = try PrivateKey.generate(.p256)
        var shortNumbers = 0
        for number in 0..<1_500 {
            let message = Array("message \(number)".utf8)
            let signature = try key.sign(message)
            #expect(signature.count == 64)
            #expect(key.publicKey.isValid(signature: signature, for: message))
            if signature[0] == 0 || signature[32] == 0 { shortNumbers += 1 }
        }
        #expect(shortNumbers > 0)
    }

    @Test(arguments: PrivateKey.Kind.allCases)
    func aNewKeyGoesThroughPEM(kind: PrivateKey.Kind) throws {
        let key = try PrivateKey.generate(kind)
        #expect(key.algorithm == (kind == .p256 ? .es256 : .rs256))
        let pem = try key.pem()
        #expect(pem.reveal().hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
        let read = try PrivateKey(pem: pem)
        #expect(read.publicKey == key.publicKey)
        let signature = try read.sign([1, 2, 3])
        #expect(key.publicKey.isValid(signature: signature, for: [1, 2, 3]))
        #expect(try PrivateKey.generate(kind).publicKey != key.publicKey)
    }

    @Test func oneKeyHasOnePEM() throws {
        #expect(try Self.key(.rsaTraditional).pem().reveal() == TestKey.rsa.pem + "\n")
        #expect(try Self.key(.p256Traditional).pem().reveal() == TestKey.p256.pem + "\n")
    }

    @Test func whatStandsAroundAKeyIsSkipped() throws {
        let texts = [
            TestKey.p256Public.pem + "\n" + TestKey.p256.pem, "Bag Attributes\n" + TestKey.p256.pem + "\n\n",
            TestKey.p256.pem.replacing("\n", with: "\r\n"),
        ]
        for text in texts {
            #expect(try Self.key(text).publicKey == Self.key(.p256).publicKey)
        }
    }

    @Test(
        arguments: [
            (.p256Encrypted, .encryptedKey), (.p256TraditionalEncrypted, .encryptedKey), (.rsa1024, .unsupportedKey),
            (.rsaForPSSOnly, .unsupportedKey), (.p384, .unsupportedKey), (.secp256k1, .unsupportedKey),
            (.ed25519, .unsupportedKey), (.p256Public, .malformed), (.p256WithAnothersPublicHalf, .malformed),
            (.rsaDamaged, .malformed),
        ] as [(TestKey, CryptographyError.Code)])
    func aKeyThatDoesNotSignHereIsRefused(key: TestKey, code: CryptographyError.Code) {
        #expect(throws: CryptographyError(code)) { try Self.key(key) }
    }

    @Test func whatIsNoKeyIsRefused() {
        let texts = [
            "", "s3cret", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            String(TestKey.rsa.pem.prefix(800)), String(repeating: "\n", count: 100_000) + TestKey.p256.pem,
        ]
        for text in texts {
            #expect(throws: CryptographyError(.malformed)) { try Self.key(text) }
        }
    }

    @Test func aKeyWithoutItsPrivateHalfDoesNotSign() throws {
        for key in [TestKey.rsa, .p256] {
            let half = try PrivateKey(try Self.key(key).publicKey.handle)
            #expect(throws: CryptographyError(.libraryFailure)) { try half.sign([1]) }
        }
    }

    @Test func aKeyIsSilentWhenPrinted() throws {
        let key = try Self.key(.p256)
        var dumped = ""
        dump((key, [key]), to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] {
            #expect(text.contains("[redacted]"))
            #expect(!text.contains("KeyHandle"))
        }
        #expect("\(key.publicKey)" == "ES256 key \(key.publicKey.thumbprint)")
    }

    @Test func oneKeySignsOnManyThreads() async throws {
        for key in [try Self.key(.rsa), try Self.key(.p256)] {
            await withTaskGroup(of: Bool.self) { group in
                for number in 0..<64 {
                    group.addTask {
                        let message = Array("message \(number)".utf8)
                        guard let signature = try? key.sign(message) else { return false }
                        return key.publicKey.isValid(signature: signature, for: message)
                    }
                }
                for await isValid in group { #expect(isValid) }
            }
        }
    }
}
