import Cryptography
import JSON
import OAuthClient
import Testing

@Suite("An id_token")
struct IDTokenTests {
    private static let now: Int64 = 1_800_000_000
    private static let good: JSONObject = [
        "iss": "https://idp.example", "aud": "client", "sub": "u1", "exp": .integer(now + 300), "iat": .integer(now),
        "nonce": "n0", "email": "vic@example.com", "email_verified": true, "preferred_username": "vic", "name": "Vic",
    ]

    private func token(_ claims: JSONObject, header: JSON = ["alg": "RS256"], signature: String = "c2ln")
        -> SecretString
    {
        let parts = [header, .object(claims)].map { Base64URL.encode($0.serialized()) } + [signature]
        return SecretString(parts.joined(separator: "."))
    }

    private func verify(_ token: SecretString, nonce: String? = "n0") -> Result<IDToken.Claims, IDTokenError> {
        do throws(IDTokenError) {
            return .success(
                try IDToken.verify(
                    token, issuer: "https://idp.example", clientID: "client", nonce: nonce, now: Self.now))
        } catch { return .failure(error) }
    }

    private func code(_ changes: [String: JSON?], nonce: String? = "n0") -> IDTokenError.Code? {
        var claims = Self.good
        for (key, value) in changes { claims[key] = value }
        if case .failure(let error) = verify(token(claims), nonce: nonce) { return error.code }
        return nil
    }

    @Test("that is in order gives its claims")
    func claims() throws {
        let claims = try verify(token(Self.good)).get()
        #expect(claims.subject == "u1" && claims.email == "vic@example.com" && claims.emailVerified == true)
        #expect(claims.username == "vic" && claims.name == "Vic")
        #expect(code(["email_verified": "true", "email": nil, "name": ""]) == nil)
    }

    @Test("of another issuer, audience or login is refused")
    func foreign() {
        #expect(code(["iss": "https://idp.example/"]) == .issuer)
        #expect(code(["iss": .some(nil)]) == .issuer)
        #expect(code(["aud": "other"]) == .audience)
        #expect(code(["aud": .some(nil)]) == .audience)
        #expect(code(["aud": ["client"]]) == nil)
        #expect(code(["aud": ["other"]]) == .audience)
        #expect(code(["aud": ["client", "other"]]) == nil)
        #expect(code(["aud": ["client", "other"], "azp": .some(.null)]) == nil)
        #expect(code(["aud": ["other", "another"]]) == .audience)
        #expect(code(["aud": ["client", "other"], "azp": "client"]) == nil)
        #expect(code(["aud": ["client", "other"], "azp": "other"]) == .audience)
        #expect(code(["aud": ["client", 5], "azp": "client"]) == .audience)
        #expect(code(["azp": "other"]) == .audience)
        #expect(code(["azp": 1]) == .audience)
        #expect(code(["nonce": "n1"]) == .nonce)
        #expect(code(["nonce": .some(nil)]) == .nonce)
        #expect(code(["nonce": .some(nil)], nonce: nil) == nil)
        #expect(code(["sub": .some(nil)]) == .subject)
        #expect(code(["sub": ""]) == .subject)
    }

    @Test("is good from its issue to its end, give or take a minute")
    func times() {
        let now = Self.now
        #expect(code(["exp": .integer(now - 59), "iat": .integer(now - 3600)]) == nil)
        #expect(code(["exp": .integer(now - 60), "iat": .integer(now - 3600)]) == .expired)
        #expect(code(["exp": .some(nil)]) == .expired)
        #expect(code(["exp": "1900000000"]) == .expired)
        #expect(code(["exp": 9_223_372_036_854_775_807]) == .expired)
        #expect(code(["iat": .integer(now + 60)]) == nil)
        #expect(code(["iat": .integer(now + 61)]) == .issuedAt)
        #expect(code(["iat": .some(nil)]) == .issuedAt)
        #expect(code(["iat": .integer(now + 30), "exp": .integer(now + 20)]) == .issuedAt)
        #expect(code(["iat": .double(Double(now) - 0.5)]) == nil)
        #expect(code(["nbf": .integer(now + 61)]) == .issuedAt)
        #expect(code(["nbf": .integer(now)]) == nil)
    }

    @Test("without a signature is refused")
    func unsigned() {
        for algorithm: JSON in ["none", "None", "NONE", "", .null, 5] {
            #expect(verify(token(Self.good, header: ["alg": algorithm])) == .failure(IDTokenError(.algorithm)))
        }
        #expect(verify(token(Self.good, header: [:])) == .failure(IDTokenError(.algorithm)))
        #expect(verify(token(Self.good, signature: "")) == .failure(IDTokenError(.malformed)))
    }

    @Test(
        "that is no token is refused",
        arguments: [
            "", ".", "..", "a.b.c", "e30.e30", "e30.e30.e30.e30", "eyJhbGciOiJSUzI1NiJ9.W10.c2ln", "e30=.e30.c2ln",
        ])
    func malformed(_ text: String) {
        #expect(verify(SecretString(text)) == .failure(IDTokenError(.malformed)))
    }
}
