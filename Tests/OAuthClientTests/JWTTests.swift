import Cryptography
import JSON
import OAuthClient
import Testing

@Suite("A signed JWT")
struct JWTTests {
    private func parts(_ token: SecretString) -> [String] { token.reveal().split(separator: ".").map(String.init) }

    private func object(_ part: String) throws -> JSONObject? {
        try JSON.parse(try #require(Base64URL.decode(part))).objectValue
    }

    @Test("has its header, its claims and a signature of both", arguments: PrivateKey.Kind.allCases)
    func whole(_ kind: PrivateKey.Kind) throws {
        let key = try PrivateKey.generate(kind)
        let claims: JSONObject = ["iss": "https://gatehouse.example", "sub": "grün", "exp": 1_800_000_000]
        let token = try JWT.sign(claims: claims, key: key, keyID: "key-1")
        let parts = parts(token)
        try #require(parts.count == 3)
        let algorithm: JSON = kind == .p256 ? "ES256" : "RS256"
        #expect(try object(parts[0]) == ["alg": algorithm, "typ": "JWT", "kid": "key-1"])
        #expect(try object(parts[1]) == claims)
        let signature = try #require(Base64URL.decode(parts[2]))
        #expect(key.publicKey.isValid(signature: signature, for: Array("\(parts[0]).\(parts[1])".utf8)))
        #expect("\(token)" == "[redacted]")
    }

    @Test("names no key where there is none to name, and its type where it has another")
    func header() throws {
        let key = try PrivateKey.generate(.p256)
        let token = try JWT.sign(claims: [:], key: key, keyID: nil, type: "at+jwt")
        #expect(try object(parts(token)[0]) == ["alg": "ES256", "typ": "at+jwt"])
        #expect(try object(parts(token)[1])?.isEmpty == true)
    }

    @Test("passes as an id_token for the client that it names")
    func idToken() throws {
        let claims: JSONObject = ["iss": "https://g.example", "aud": "client", "sub": "u", "iat": 100, "exp": 200]
        let token = try JWT.sign(claims: claims, key: try PrivateKey.generate(.p256), keyID: nil)
        let verified = try IDToken.verify(
            token, issuer: "https://g.example", clientID: "client", nonce: nil, now: 150)
        #expect(verified.subject == "u")
    }
}
