import Cryptography
import HTTPClient
import JSON
import OAuthClient
import Testing

@Suite("A signed id_token")
struct KeySetTests {
    private static let now: Int64 = 1_800_000_000
    private static let claims: JSONObject = [
        "iss": "https://idp.example", "aud": "client", "sub": "u1", "exp": .integer(now + 300), "iat": .integer(now),
        "nonce": "n0", "email": "vic@example.com", "groups": ["a", "b"],
    ]

    private let rsa: PrivateKey
    private let elliptic: PrivateKey

    init() throws {
        rsa = try PrivateKey.generate(.rsa2048)
        elliptic = try PrivateKey.generate(.p256)
    }

    private func jwk(_ key: PrivateKey, _ more: JSONObject = [:]) -> JSON {
        let members = JSONObject(key.publicKey.jwkMembers.map { ($0.name, JSON.string($0.value)) })
        return .object(members.merging(more))
    }

    private func keys(_ keys: JSON...) -> KeySet { KeySet(["keys": .array(keys)]) }

    private func token(_ key: PrivateKey, named name: String? = "k1", _ claims: JSONObject = claims) throws
        -> SecretString
    {
        try JWT.sign(claims: claims, key: key, keyID: name)
    }

    /// The code of the refusal; nil where the token is accepted.
    private func code(_ token: SecretString, _ keys: KeySet, nonce: String = "n0") -> IDTokenError.Code? {
        do throws(IDTokenError) {
            _ = try IDToken.verify(
                token, signedBy: keys, issuer: "https://idp.example", clientID: "client", nonce: nonce, now: Self.now)
            return nil
        } catch { return error.code }
    }

    @Test("by a published key gives all its claims")
    func good() throws {
        for key in [rsa, elliptic] {
            let published = keys(jwk(key, ["kid": "k1", "use": "sig", "alg": .string(key.algorithm.rawValue)]))
            let statement = try IDToken.verify(
                try token(key), signedBy: published, issuer: "https://idp.example", clientID: "client", nonce: "n0",
                now: Self.now)
            #expect(statement.claims.subject == "u1")
            #expect(statement.all["groups"] == ["a", "b"])
        }
    }

    @Test("by another key, or one that is changed, is refused")
    func foreign() throws {
        let other = try PrivateKey.generate(.rsa2048)
        let published = keys(jwk(rsa, ["kid": "k1"]))
        #expect(code(try token(other), published) == .signature)
        #expect(code(try token(rsa, named: "k2"), published) == .unknownKey)
        #expect(code(try token(elliptic), published) == .unknownKey)
        #expect(code(try token(rsa), keys()) == .unknownKey)
        var parts = try token(rsa).reveal().split(separator: ".").map(String.init)
        var claims = Self.claims
        claims["sub"] = "somebody else"
        parts[1] = Base64URL.encode(JSON.object(claims).serialized())
        #expect(code(SecretString(parts.joined(separator: ".")), published) == .signature)
    }

    @Test("that names no key is tried with each that fits")
    func unnamed() throws {
        let other = try PrivateKey.generate(.rsa2048)
        let published = keys(jwk(other, ["kid": "k0"]), jwk(elliptic), jwk(rsa, ["kid": "k1"]))
        #expect(code(try token(rsa, named: nil), published) == nil)
        #expect(code(try token(elliptic, named: nil), published) == nil)
        #expect(code(try token(try PrivateKey.generate(.rsa2048), named: nil), published) == .signature)
    }

    @Test(
        "with an algorithm whose secret is shared, or none, is refused", arguments: ["HS256", "none", "RS512", "EdDSA"])
    func algorithms(_ algorithm: String) throws {
        var parts = try token(rsa).reveal().split(separator: ".").map(String.init)
        parts[0] = Base64URL.encode((["alg": .string(algorithm), "kid": "k1"] as JSON).serialized())
        #expect(code(SecretString(parts.joined(separator: ".")), keys(jwk(rsa, ["kid": "k1"]))) == .algorithm)
    }

    @Test("whose header has something that must be understood is refused")
    func critical() throws {
        for more: JSONObject in [["crit": ["b64"]], ["kid": 5]] {
            let header = (["alg": "RS256", "kid": "k1"] as JSONObject).merging(more)
            let input = [header, Self.claims].map { Base64URL.encode(JSON.object($0).serialized()) }
                .joined(separator: ".")
            let signature = Base64URL.encode(try rsa.sign(Array(input.utf8)))
            #expect(code(SecretString("\(input).\(signature)"), keys(jwk(rsa, ["kid": "k1"]))) == .malformed)
        }
    }

    @Test("is for the issuer, the client and the login that asked")
    func bound() throws {
        let published = keys(jwk(rsa, ["kid": "k1"]))
        #expect(code(try token(rsa), published, nonce: "n1") == .nonce)
        for (name, value, expected): (String, JSON?, IDTokenError.Code) in [
            ("iss", "https://other.example", .issuer), ("aud", "other", .audience), ("nonce", nil, .nonce),
            ("exp", .integer(Self.now - 60), .expired), ("sub", "", .subject),
        ] {
            var claims = Self.claims
            claims[name] = value
            #expect(code(try token(rsa, claims), published) == expected)
        }
    }

    @Test("is not verified with keys for other uses or algorithms")
    func uses() throws {
        for more: JSONObject in [["use": "enc"], ["alg": "PS256"], ["alg": "RSA-OAEP"]] {
            let published = keys(jwk(rsa, (["kid": "k1"] as JSONObject).merging(more)))
            #expect(code(try token(rsa), published) == .unknownKey)
        }
    }

    @Test("meets key sets that hold anything")
    func nonsense() throws {
        let published = keys(
            5, "x", .null, [:], ["kty": "oct", "k": "c2VjcmV0"], ["kty": "RSA", "n": "AQ", "e": "AQAB"],
            ["kty": "EC", "crv": "P-521"], jwk(rsa, ["kid": "k1"]))
        #expect(code(try token(rsa), published) == nil)
        #expect(KeySet([:]).isEmpty && KeySet(["keys": 5]).isEmpty && keys(["kty": "oct"]).isEmpty)
    }

    @Test("whose keys cannot be fetched is not verified")
    func fetch() async throws {
        let policy = OutboundPolicy()
        for (status, body) in [(500, "{}"), (302, ""), (200, "[]"), (200, "<html>"), (404, "{}")] {
            await #expect(throws: MetadataError.self) {
                try await KeySet.fetch(
                    "https://idp.example.com/keys", policy: policy, over: ScriptedTransport(status, body))
            }
        }
        for address in ["http://idp.example.com/keys", "https://10.0.0.1/keys", "nonsense"] {
            let transport = ScriptedTransport(200, #"{"keys":[]}"#)
            await #expect(throws: MetadataError.self) {
                try await KeySet.fetch(address, policy: policy, over: transport)
            }
            #expect(transport.requests.isEmpty)
        }
        let fetched = try await KeySet.fetch(
            "https://idp.example.com/keys", policy: policy, over: ScriptedTransport(200, #"{"keys":[]}"#))
        #expect(fetched.isEmpty)
    }

    @Test("has claims beside it only about the same person")
    func userInfo() async throws {
        let url = try OutboundURL(parsing: "https://idp.example.com/userinfo", policy: OutboundPolicy())
        func ask(_ status: Int, _ body: String) async -> JSONObject? {
            try? await UserInfo.fetch(
                url, token: SecretString("t"), subject: "u1", over: ScriptedTransport(status, body))
        }
        #expect(await ask(200, #"{"sub":"u1","email":"a@b.example"}"#)?["email"] == "a@b.example")
        #expect(await ask(200, #"{"sub":"u2","email":"a@b.example"}"#) == nil)
        #expect(await ask(200, #"{"email":"a@b.example"}"#) == nil)
        #expect(await ask(401, #"{"sub":"u1"}"#) == nil)
        #expect(await ask(200, "eyJ.eyJ.sig") == nil)
    }
}
