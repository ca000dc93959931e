import Cryptography
import HTTPClient
import OAuthClient
import Testing

@Suite("A token endpoint", .timeLimit(.minutes(5)))
struct TokenEndpointTests {
    static func endpoint(
        secret: String? = "s3cret/with:odd%chars é", method: ClientAuthenticationMethod = .basic
    ) throws -> TokenEndpoint {
        TokenEndpoint(
            url: try OutboundURL(parsing: "https://idp.example.com/token", policy: OutboundPolicy()),
            credentials: ClientCredentials(
                clientID: "client:id", secret: secret.map { SecretString($0) }, method: method)
        ) { 1_800_000_000 }
    }

    private static let granted = #"{"access_token":"at","token_type":"Bearer","expires_in":3600}"#

    private func fields(_ request: OutboundRequest?) throws -> [String: String] {
        try FormEncoding.fields(try #require(request).body)
    }

    @Test(
        "is asked with the code, verifier and redirect URI; Basic form-encodes id and secret and does not repeat them")
    func basic() async throws {
        let transport = ScriptedTransport(200, Self.granted)
        _ = try await Self.endpoint().exchangeCode(
            SecretString("c&d"), verifier: SecretString("verifier"), redirectURI: "https://g.example/cb?a=b",
            over: transport)
        let request = try #require(transport.requests.first)
        #expect(request.method == .post)
        #expect(request.header("Content-Type") == "application/x-www-form-urlencoded")
        #expect(request.header("Accept") == "application/json")
        let header = try #require(request.header("Authorization"))
        let pair = try #require(Base64.decode(String(header.dropFirst(6))))
        #expect(header.hasPrefix("Basic "))
        #expect(String(decoding: pair, as: UTF8.self) == "client%3Aid:s3cret%2Fwith%3Aodd%25chars+%C3%A9")
        #expect(
            try fields(request) == [
                "grant_type": "authorization_code", "code": "c&d", "code_verifier": "verifier",
                "redirect_uri": "https://g.example/cb?a=b",
            ])
    }

    @Test("gets the credentials in the body where the method is post, and only the id where there is no secret")
    func postAndNone() async throws {
        let transport = ScriptedTransport([
            .success(OutboundResponse(status: 200, body: Array(Self.granted.utf8))),
            .success(OutboundResponse(status: 200, body: Array(Self.granted.utf8))),
            .success(OutboundResponse(status: 200, body: Array(Self.granted.utf8))),
        ])
        let token = SecretString("rt")
        _ = try await Self.endpoint(method: .post).refresh(token, scope: "a b", over: transport)
        _ = try await Self.endpoint(method: .none).refresh(token, scope: nil, over: transport)
        _ = try await Self.endpoint(secret: nil, method: .basic).refresh(token, scope: "", over: transport)
        #expect(transport.requests.allSatisfy { $0.header("Authorization") == nil })
        #expect(
            try fields(transport.requests[0]) == [
                "grant_type": "refresh_token", "refresh_token": "rt", "scope": "a b", "client_id": "client:id",
                "client_secret": "s3cret/with:odd%chars é",
            ])
        let publicFields = ["grant_type": "refresh_token", "refresh_token": "rt", "client_id": "client:id"]
        #expect(try fields(transport.requests[1]) == publicFields)
        #expect(try fields(transport.requests[2]) == publicFields)
    }

    @Test("is asked once more when the first connection failed, and only once")
    func retry() async throws {
        let unconnected = OutboundError(.notConnected, authority: "idp.example.com")
        let once = ScriptedTransport([
            .failure(unconnected), .success(OutboundResponse(status: 200, body: Array(Self.granted.utf8))),
        ])
        guard case .granted = try await Self.endpoint().refresh(SecretString("rt"), over: once) else {
            Issue.record("the second attempt was granted")
            return
        }
        let twice = ScriptedTransport([.failure(unconnected), .failure(unconnected), .failure(unconnected)])
        let outcome = try await Self.endpoint().refresh(SecretString("rt"), over: twice)
        #expect(twice.requests.count == 2)
        #expect(outcome.unavailability?.reason == .notConnected)
        #expect(outcome.unavailability?.requestMayHaveBeenProcessed == false)
    }

    @Test(
        "is never asked again after anything else",
        arguments: [
            (.noAnswer, .noAnswer, true), (.answerTooLarge, .tooLarge, true), (.tls, .tls, false),
            (.refusedAddress, .refusedAddress, false), (.cancelled, .cancelled, false),
        ] as [(OutboundError.Code, ProviderUnavailability.Reason, Bool)])
    func noRetry(_ code: OutboundError.Code, _ reason: ProviderUnavailability.Reason, _ processed: Bool) async throws {
        let transport = ScriptedTransport([.failure(OutboundError(code, authority: "idp.example.com"))])
        let outcome = try await Self.endpoint().refresh(SecretString("rt"), over: transport)
        #expect(transport.requests.count == 1)
        #expect(outcome.unavailability?.reason == reason)
        #expect(outcome.unavailability?.requestMayHaveBeenProcessed == processed)
    }

    @Test("over real sockets: granted, refused, and a connection that dies after the request presents the token once")
    func realSockets() async throws {
        let server = TestServer { server, connection in
            guard let request = connection.readRequest() else { return }
            server.record(request)
            let type = "Content-Type: application/json\r\n"
            if request.contains("refresh_token=good") {
                connection.answer(200, headers: type, body: #"{"access_token":"new","token_type":"bearer"}"#)
            } else if request.contains("refresh_token=dead") {
                connection.answer(400, headers: type, body: #"{"error":"invalid_grant"}"#)
            }
        }
        defer { server.stop() }
        let policy = OutboundPolicy(allowedHosts: [try AllowedHost(parsing: server.hostAndPort)])
        let transport = CurlTransport(policy: policy, proxy: nil)
        let endpoint = TokenEndpoint(
            url: try OutboundURL(parsing: "http://\(server.hostAndPort)/token", policy: policy),
            credentials: ClientCredentials(clientID: "id", secret: nil, method: .none)
        ) { 1_800_000_000 }
        #expect(await endpoint.refresh(SecretString("good"), over: transport).grant?.accessToken.reveal() == "new")
        #expect(await endpoint.refresh(SecretString("dead"), over: transport).refusal?.kind == .invalidGrant)
        let lost = await endpoint.refresh(SecretString("lost"), over: transport).unavailability
        #expect(lost?.reason == .noAnswer)
        #expect(lost?.requestMayHaveBeenProcessed == true)
        #expect(server.requests.filter { $0.contains("refresh_token=lost") }.count == 1)
        await transport.shutdown()
    }
}

extension TokenOutcome {
    var grant: TokenGrant? { if case .granted(let grant) = self { grant } else { nil } }
    var refusal: ProviderRefusal? { if case .refused(let refusal) = self { refusal } else { nil } }
    var unavailability: ProviderUnavailability? { if case .unavailable(let trouble) = self { trouble } else { nil } }
}
