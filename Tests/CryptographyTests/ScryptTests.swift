import Testing

@testable import Cryptography

@Suite struct ScryptTests {
    /// RFC 7914, section 12.
    @Test(arguments: [
        (
            "", "", ScryptHash.Parameters(logCost: 4, blockSize: 1, parallelism: 1),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
        ),
        (
            "password", "NaCl", ScryptHash.Parameters(logCost: 10, blockSize: 8, parallelism: 16),
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
        ),
        (
            "pleaseletmein", "SodiumChloride", ScryptHash.Parameters(logCost: 14, blockSize: 8, parallelism: 1),
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
        ),
    ])
    func theExamplesOfRFC7914Hold(
        password: String,
        salt: String,
        parameters: ScryptHash.Parameters,
        hash: String
    ) throws {
        let derived = try Scrypt.derive(
            SecretString(password),
            salt: Array(salt.utf8),
            parameters: parameters,
            count: 64
        )
        #expect(Hex.encode(derived) == hash)
    }

    @Test func onlyThePasswordItselfVerifies() throws {
        let hash = try Scrypt.hash(password: SecretString("correct horse"))
        #expect(hash.hasPrefix("$scrypt$ln=15,r=8,p=1$"))
        #expect(!hash.contains("correct"))
        #expect(Scrypt.verify(SecretString("correct horse"), against: hash))
        #expect(!Scrypt.verify(SecretString("correct horsf"), against: hash))
        #expect(!Scrypt.verify(SecretString("correct horse "), against: hash))
        #expect(!Scrypt.verify(SecretString(""), against: hash))
        #expect(!Scrypt.needsRehash(hash))
    }

    @Test func everyHashHasItsOwnSalt() throws {
        let password = SecretString("correct horse")
        #expect(try Scrypt.hash(password: password) != Scrypt.hash(password: password))
    }

    /// The RFC's third example cut to 32 bytes, as another program would store it.
    static let foreign = "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI"

    @Test func aHashWithOtherParametersVerifiesAndWantsToBeMadeAgain() {
        #expect(Scrypt.verify(SecretString("pleaseletmein"), against: Self.foreign))
        #expect(!Scrypt.verify(SecretString("pleaseletmeout"), against: Self.foreign))
        #expect(Scrypt.needsRehash(Self.foreign))
    }

    @Test(arguments: [
        "", "$", "$$$$", "pleaseletmein", "scrypt", foreign + "$", foreign + "=", String(foreign.dropLast(30)),
        foreign.replacing("$scrypt$", with: "$argon2id$"), foreign.replacing("ln=14,", with: ""),
        foreign.replacing("ln=14,r=8", with: "r=8,ln=14"), foreign.replacing("ln=14", with: "ln=0"),
        foreign.replacing("ln=14", with: "ln=-14"), foreign.replacing("ln=14", with: "ln=21"),
        foreign.replacing("ln=14", with: "ln=20"), foreign.replacing("ln=14", with: "ln=64"),
        foreign.replacing("r=8", with: "r=0"), foreign.replacing("r=8", with: "r=4611686018427387904"),
        foreign.replacing("p=1", with: "p=0"), foreign.replacing("p=1", with: "p=17"),
        foreign.replacing("p=1", with: "p=99999999999999999999"), foreign.replacing("U29kaXVt", with: "U29 aXVt"),
    ])
    func aDamagedHashVerifiesNothingAndTakesNothing(text: String) {
        #expect(ScryptHash(text) == nil)
        #expect(!Scrypt.verify(SecretString("pleaseletmein"), against: text))
        #expect(Scrypt.needsRehash(text))
    }
}
