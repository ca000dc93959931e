import Cryptography
import HTTPClient
import OAuthClient
import Testing

@Suite("A token for the client itself")
struct ServiceAccountTests {
    private let transport = ScriptedTransport(
        200, #"{"access_token":"at","token_type":"Bearer","expires_in":3600,"scope":"all-apis"}"#)

    private func fields() throws -> [String: String] {
        try FormEncoding.fields(try #require(transport.requests.first).body)
    }

    private func endpoint(_ credentials: ClientCredentials) throws -> TokenEndpoint {
        TokenEndpoint(
            url: try OutboundURL(parsing: "https://idp.example.com/token", policy: OutboundPolicy()),
            credentials: credentials
        ) { 1_800_000_000 }
    }

    @Test("is asked for with scope and audience")
    func clientCredentials() async throws {
        let outcome = try await TokenEndpointTests.endpoint().clientCredentials(
            scope: "all-apis", audience: "https://api.example", additional: [("resource", "r")], over: transport)
        #expect(outcome.grant?.accessToken.reveal() == "at")
        #expect(outcome.grant?.expiresIn == .seconds(3600))
        #expect(outcome.grant?.refreshToken == nil)
        #expect(transport.requests.first?.header("Authorization")?.hasPrefix("Basic ") == true)
        #expect(
            try fields() == [
                "grant_type": "client_credentials", "scope": "all-apis", "audience": "https://api.example",
                "resource": "r",
            ])
    }

    @Test("is asked for without what is not given")
    func bare() async throws {
        _ = try await TokenEndpointTests.endpoint(method: .post)
            .clientCredentials(scope: "", audience: nil, over: transport)
        #expect(
            try fields() == [
                "grant_type": "client_credentials", "client_id": "client:id",
                "client_secret": "s3cret/with:odd%chars é",
            ])
    }

    @Test("is asked for with every parameter once, those of the protocol as they must be")
    func additional() async throws {
        let reserved = ["grant_type", "client_id", "client_secret", "client_assertion", "client_assertion_type"]
        _ = try await TokenEndpointTests.endpoint(method: .post).clientCredentials(
            scope: "a", additional: reserved.map { ($0, "evil") } + [("scope", "b"), ("x", "1"), ("x", "2")],
            over: transport)
        #expect(
            try fields() == [
                "grant_type": "client_credentials", "scope": "a", "x": "1", "client_id": "client:id",
                "client_secret": "s3cret/with:odd%chars é",
            ])
    }

    @Test("may be asked for by an assertion alone")
    func jwtBearer() async throws {
        let outcome = try await endpoint(.absent).jwtBearer(assertion: SecretString("a.b.c"), over: transport)
        #expect(outcome.grant != nil)
        #expect(transport.requests.first?.header("Authorization") == nil)
        #expect(
            try fields() == ["grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "a.b.c"])
    }

    @Test("may be asked for by an assertion and the client's proof")
    func jwtBearerOfAClient() async throws {
        _ = try await TokenEndpointTests.endpoint(method: .post)
            .jwtBearer(assertion: SecretString("a.b.c"), over: transport)
        #expect(try fields()["client_id"] == "client:id")
    }

    @Test("is refused in the provider's words, without the assertion")
    func refused() async throws {
        let body = #"{"error":"invalid_grant","error_description":"Bad assertion header.claims.signature!"}"#
        let transport = ScriptedTransport(400, body)
        let refusal = try #require(
            try await endpoint(.absent).jwtBearer(assertion: SecretString("header.claims.signature"), over: transport)
                .refusal)
        #expect(refusal.kind == .invalidGrant)
        #expect(refusal.message == "invalid_grant: Bad assertion [redacted]!")
    }

    @Test("is not read by Databricks' words for a refresh token")
    func noRefresh() async throws {
        let body = #"{"error":"invalid_request","error_description":"Refresh token is invalid"}"#
        let outcome = try await TokenEndpointTests.endpoint().clientCredentials(
            scope: nil, over: ScriptedTransport(400, body))
        #expect(outcome.refusal?.kind == .invalidRequest)
    }
}
