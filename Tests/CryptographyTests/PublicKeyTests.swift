import Testing

@testable import Cryptography

@Suite struct PublicKeyTests {
    private typealias Members = [(name: String, value: String)]

    /// RFC 7638, section 3.1.
    private static let thumbprintExample: Members = [
        ("kty", "RSA"),
        (
            "n",
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3o"
                + "knjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d"
                + "0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1j"
                + "F44-csFCur-kEgU8awapJzKnqDKgw"
        ),
        ("e", "AQAB"), ("alg", "RS256"), ("kid", "2011-04-29"),
    ]

    /// RFC 7515, appendix A.2.1 and A.3.1.
    private static let rsa: Members = [
        ("kty", "RSA"),
        (
            "n",
            "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS"
                + "-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WT"
                + "BEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkML"
                + "s91kzk2PAcDTW9gb54h4FRWyuXpoQ"
        ),
        ("e", "AQAB"),
    ]
    private static let p256: Members = [
        ("kty", "EC"), ("crv", "P-256"), ("x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
        ("y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
    ]

    private func changed(_ members: Members, _ name: String, _ value: String?) -> Members {
        members.filter { $0.name != name } + (value.map { [(name, $0)] } ?? [])
    }

    private func refusal(_ members: Members) -> CryptographyError.Code? {
        do throws(CryptographyError) {
            _ = try PublicKey(jwkMembers: members)
            return nil
        } catch { return error.code }
    }

    @Test func theThumbprintOfRFC7638Holds() throws {
        let key = try PublicKey(jwkMembers: Self.thumbprintExample)
        #expect(key.thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        #expect(key.algorithm == .rs256)
    }

    @Test func theThumbprintOnP256IsOfItsFourMembers() throws {
        let key = try PublicKey(jwkMembers: Self.p256)
        let canonical =
            #"{"crv":"P-256","kty":"EC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","#
            + #""y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#
        #expect(key.thumbprint == Base64URL.encode(SHA256.hash(canonical)))
    }

    @Test func theMembersAreThoseOfTheRFC() throws {
        for (key, members) in [(TestKey.rsa, Self.rsa), (.p256, Self.p256)] {
            let key = try PrivateKey(pem: SecretString(key.pem)).publicKey
            #expect(key.jwkMembers.elementsEqual(members, by: ==))
            #expect(try PublicKey(jwkMembers: members) == key)
        }
    }

    @Test func aKeyFromItsMembersVerifiesWhatThePrivateHalfSigned() throws {
        for kind in PrivateKey.Kind.allCases {
            let key = try PrivateKey.generate(kind)
            let message = Array("message".utf8)
            let signature = try key.sign(message)
            let read = try PublicKey(jwkMembers: key.publicKey.jwkMembers)
            #expect(read.isValid(signature: signature, for: message))
            #expect(!read.isValid(signature: signature, for: Array("massage".utf8)))
            #expect(!read.isValid(signature: signature, for: []))
            #expect(!(try PrivateKey.generate(kind).publicKey.isValid(signature: signature, for: message)))
        }
    }

    @Test(arguments: PrivateKey.Kind.allCases)
    func aSignatureWithAnyByteChangedIsNotValid(kind: PrivateKey.Kind) throws {
        let key = try PrivateKey.generate(kind)
        let message = Array("message".utf8)
        let signature = try key.sign(message)
        for position in signature.indices {
            var bytes = signature
            bytes[position] ^= 1
            #expect(!key.publicKey.isValid(signature: bytes, for: message))
        }
        for other in [[], [0], Array(signature.dropLast()), signature + [0], [0] + signature] {
            #expect(!key.publicKey.isValid(signature: other, for: message))
        }
        #expect(!key.publicKey.isValid(signature: [UInt8](repeating: 0, count: signature.count), for: message))
    }

    /// JOSE's form only: a verifier that takes both takes two texts for one signature.
    @Test func aSignatureInASN1IsNotValid() throws {
        let key = try PrivateKey.generate(.p256)
        let signature = try key.sign([1])
        let der = try #require(ECDSASignature.der(raw: signature))
        #expect(ECDSASignature.raw(der: der) == signature)
        #expect(!key.publicKey.isValid(signature: der, for: [1]))
    }

    @Test func aKeyOfAnotherKindIsRefused() {
        #expect(refusal(changed(Self.p256, "crv", "P-384")) == .unsupportedKey)
        #expect(refusal(changed(Self.p256, "kty", "OKP")) == .unsupportedKey)
        #expect(refusal([("kty", "oct"), ("k", "c2VjcmV0")]) == .unsupportedKey)
        #expect(
            refusal(changed(Self.rsa, "n", Base64URL.encode([UInt8](repeating: 0xFF, count: 128)))) == .unsupportedKey)
        #expect(
            refusal(changed(Self.rsa, "n", Base64URL.encode([UInt8](repeating: 0xFF, count: 1025)))) == .unsupportedKey)
    }

    @Test func whatIsNoKeyIsRefused() {
        for name in ["kty", "n", "e"] { #expect(refusal(changed(Self.rsa, name, nil)) == .malformed) }
        for name in ["kty", "crv", "x", "y"] { #expect(refusal(changed(Self.p256, name, nil)) == .malformed) }
        #expect(refusal(Self.rsa + [("e", "AQAB")]) == .malformed)
        #expect(refusal(changed(Self.rsa, "n", "not base64!")) == .malformed)
        // 1, 0, an even number, and nine bytes.
        for exponent in ["AQ", "AA", "", "AQAA", "AQAAAAAAAAAB"] {
            #expect(refusal(changed(Self.rsa, "e", exponent)) == .malformed)
        }
        // Not on the curve; too short; too long.
        for x in ["f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEY", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVA", ""] {
            #expect(refusal(changed(Self.p256, "x", x)) == .malformed)
        }
        let zero = Base64URL.encode([UInt8](repeating: 0, count: 32))
        #expect(refusal(changed(changed(Self.p256, "x", zero), "y", zero)) == .malformed)
    }

    @Test func leadingZerosOfAnRSANumberMakeNoOtherKey() throws {
        let modulus = try #require(Self.rsa.first { $0.name == "n" }?.value)
        let bytes = try #require(Base64URL.decode(modulus))
        let padded = try PublicKey(jwkMembers: changed(Self.rsa, "n", Base64URL.encode([0, 0] + bytes)))
        let key = try PublicKey(jwkMembers: Self.rsa)
        #expect(padded == key && padded.thumbprint == key.thumbprint)
    }
}
