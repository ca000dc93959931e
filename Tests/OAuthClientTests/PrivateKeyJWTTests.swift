import HTTPClient
import JSON
import OAuthClient
import Testing

@testable import Cryptography

@Suite("A client with a private key")
struct PrivateKeyJWTTests {
    private static let now: Int64 = 1_800_000_000
    private static let url = "https://idp.example.com/token"
    private static let granted = OutboundResponse(
        status: 200, body: Array(#"{"access_token":"at","token_type":"Bearer"}"#.utf8))

    private let key: PrivateKey

    init() throws { key = try PrivateKey.generate(.p256) }

    private func endpoint(keyID: String? = "key-1", audience: String? = nil) throws -> TokenEndpoint {
        TokenEndpoint(
            url: try OutboundURL(parsing: Self.url, policy: OutboundPolicy()),
            credentials: ClientCredentials(clientID: "client:id", privateKey: key, keyID: keyID, audience: audience),
            now: { Self.now })
    }

    /// Header and claims of an assertion whose signature is right.
    private func verified(_ assertion: String?) throws -> (header: JSONObject, claims: JSONObject) {
        let parts = try #require(assertion).split(separator: ".").map(String.init)
        try #require(parts.count == 3)
        let signature = try #require(Base64URL.decode(parts[2]))
        #expect(key.publicKey.isValid(signature: signature, for: Array("\(parts[0]).\(parts[1])".utf8)))
        let objects = try parts.prefix(2).map { part -> JSONObject in
            let bytes = try #require(Base64URL.decode(part))
            return try #require(try JSON.parse(bytes).objectValue)
        }
        return (objects[0], objects[1])
    }

    @Test("proves itself by a signed assertion, and sends no secret")
    func assertion() async throws {
        let transport = ScriptedTransport([.success(Self.granted)])
        let outcome = try await endpoint().refresh(SecretString("rt"), scope: "a", over: transport)
        #expect(outcome.grant?.accessToken.reveal() == "at")
        let request = try #require(transport.requests.first)
        #expect(request.header("Authorization") == nil)
        var fields = try FormEncoding.fields(request.body)
        let (header, claims) = try verified(fields.removeValue(forKey: "client_assertion"))
        #expect(
            fields == [
                "grant_type": "refresh_token", "refresh_token": "rt", "scope": "a", "client_id": "client:id",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ])
        #expect(header == ["alg": "ES256", "typ": "JWT", "kid": "key-1"])
        #expect(claims.count == 6)
        #expect(claims["iss"] == "client:id" && claims["sub"] == "client:id" && claims["aud"] == .string(Self.url))
        #expect(claims["iat"] == .integer(Self.now) && claims["exp"] == .integer(Self.now + 60))
        #expect((claims["jti"]?.stringValue?.count ?? 0) >= 20)
    }

    @Test("names no key where it has one only, and the audience it was told")
    func audience() async throws {
        let transport = ScriptedTransport([.success(Self.granted)])
        _ = try await endpoint(keyID: nil, audience: "https://idp.example.com")
            .refresh(SecretString("rt"), over: transport)
        let fields = try FormEncoding.fields(try #require(transport.requests.first).body)
        let (header, claims) = try verified(fields["client_assertion"])
        #expect(header == ["alg": "ES256", "typ": "JWT"])
        #expect(claims["aud"] == "https://idp.example.com")
    }

    @Test("never sends an assertion twice, not even when it tries again")
    func unique() async throws {
        let transport = ScriptedTransport(
            [.failure(OutboundError(.notConnected, authority: "idp.example.com")), .success(Self.granted)]
                + Array(repeating: .success(Self.granted), count: 20))
        let endpoint = try endpoint()
        for _ in 0...20 { _ = await endpoint.refresh(SecretString("rt"), over: transport) }
        let ids = try transport.requests.map { request in
            try verified(try FormEncoding.fields(request.body)["client_assertion"]).claims["jti"]?.stringValue
        }
        #expect(ids.count == 22)
        #expect(Set(ids).count == ids.count)
    }

    @Test("does not see its assertion in an error text, wherever it was sent")
    func hidden() async throws {
        let echo = EchoingTransport()
        let refusal = try #require(try await endpoint().refresh(SecretString("refresh-token-sent"), over: echo).refusal)
        #expect(refusal.kind == .invalidClient)
        #expect(refusal.message.contains("[redacted]"))
        #expect(!refusal.message.contains("eyJ") && !refusal.message.contains("refresh-token-sent"))
        let revocation = RevocationEndpoint(
            url: try OutboundURL(parsing: "https://idp.example.com/revoke", policy: OutboundPolicy()),
            credentials: ClientCredentials(clientID: "client:id", privateKey: key)
        ) { Self.now }
        let outcome = await revocation.revoke(
            SecretString("refresh-token-sent"), hint: .refreshToken, over: echo)
        guard case .refused(let message) = outcome else {
            Issue.record("the echo is a refusal")
            return
        }
        #expect(message.contains("[redacted]"))
        #expect(!message.contains("eyJ") && !message.contains("refresh-token-sent"))
    }

    @Test("is not made from a secret")
    func secretIsNoKey() {
        let credentials = ClientCredentials(clientID: "id", secret: SecretString("s"), method: .privateKeyJWT)
        #expect(credentials.method == .none && credentials.secret == nil)
        let signing = ClientCredentials(clientID: "id", privateKey: key)
        #expect(signing.method == .privateKeyJWT && signing.secret == nil)
        #expect(ClientAuthenticationMethod(rawValue: "private_key_jwt") == .privateKeyJWT)
    }

    @Test("that does not sign is the client's fault: nothing is sent, and the provider is not to blame")
    func unsigned() async throws {
        let transport = ScriptedTransport([.success(Self.granted), .success(Self.granted)])
        let half = ClientCredentials(clientID: "client:id", privateKey: try PrivateKey(key.publicKey.handle))
        let url = try OutboundURL(parsing: Self.url, policy: OutboundPolicy())
        let outcome = await TokenEndpoint(url: url, credentials: half) { Self.now }
            .clientCredentials(scope: nil, over: transport)
        #expect(outcome.refusal?.kind == .invalidClient)
        let revocation = await RevocationEndpoint(url: url, credentials: half) { Self.now }
            .revoke(SecretString("rt"), hint: .refreshToken, over: transport)
        guard case .refused = revocation else {
            Issue.record("asking again would not help")
            return
        }
        #expect(transport.requests.isEmpty)
    }
}

/// A server that says everything back to whoever asks, decoded.
private struct EchoingTransport: HTTPTransport {
    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        let pairs = (try? FormEncoding.decode(form: String(decoding: request.body, as: UTF8.self))) ?? []
        let text = pairs.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        let body: JSON = ["error": "invalid_client", "error_description": .string(text)]
        return OutboundResponse(status: 401, body: body.serialized())
    }
}
