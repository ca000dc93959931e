import Cryptography
import HTTPClient
import OAuthClient
import Testing

@Suite("A revocation endpoint", .timeLimit(.minutes(5)))
struct RevocationEndpointTests {
    private static let token = SecretString("refresh/token+sent==")

    private func endpoint(method: ClientAuthenticationMethod = .basic) throws -> RevocationEndpoint {
        RevocationEndpoint(
            url: try OutboundURL(parsing: "https://idp.example.com/revoke", policy: OutboundPolicy()),
            credentials: ClientCredentials(clientID: "id", secret: SecretString("s3cret"), method: method)
        ) { 1_800_000_000 }
    }

    private func outcome(
        _ status: Int, _ body: String = "", headers: [(name: String, value: String)] = []
    ) async throws -> RevocationOutcome {
        try await endpoint().revoke(
            Self.token, hint: .refreshToken, over: ScriptedTransport(status, headers: headers, body))
    }

    private func outcome(_ code: OutboundError.Code) async throws -> RevocationOutcome {
        let transport = ScriptedTransport([.failure(OutboundError(code, authority: "idp.example.com"))])
        let outcome = try await endpoint().revoke(Self.token, hint: .refreshToken, over: transport)
        #expect(transport.requests.count == 1)
        return outcome
    }

    @Test("is told the token, what kind it is, and who asks")
    func request() async throws {
        let transport = ScriptedTransport([
            .success(OutboundResponse(status: 200)), .success(OutboundResponse(status: 200)),
        ])
        #expect(try await endpoint().revoke(Self.token, hint: .refreshToken, over: transport) == .done)
        #expect(try await endpoint(method: .post).revoke(Self.token, hint: .accessToken, over: transport) == .done)
        let first = transport.requests[0]
        #expect(first.method == .post && first.url.path == "/revoke")
        #expect(first.header("Authorization") == "Basic " + Base64.encode(Array("id:s3cret".utf8)))
        #expect(first.header("Content-Type") == "application/x-www-form-urlencoded")
        #expect(
            try FormEncoding.fields(first.body) == [
                "token": "refresh/token+sent==", "token_type_hint": "refresh_token",
            ])
        #expect(
            try FormEncoding.fields(transport.requests[1].body) == [
                "token": "refresh/token+sent==", "token_type_hint": "access_token", "client_id": "id",
                "client_secret": "s3cret",
            ])
    }

    @Test("has done it when it says so, whatever else it says")
    func done() async throws {
        for body in ["", "{}", "OK", "<html>", #"{"revoked":true}"#, #"{"error":""}"#] {
            #expect(try await outcome(200, body) == .done)
        }
        #expect(try await outcome(204) == .done)
        #expect(try await outcome(400, #"{"error":"invalid_token"}"#) == .done)
    }

    @Test("refuses in its own words, without what we sent")
    func refused() async throws {
        let unsupported = #"{"error":"unsupported_token_type","error_description":"Not refresh/token+sent==, s3cret"}"#
        #expect(try await outcome(400, unsupported) == .refused(message: "Not [redacted], [redacted]"))
        #expect(try await outcome(200, #"{"error":"invalid_client"}"#) == .refused(message: "invalid_client"))
        #expect(try await outcome(401) == .refused(message: "The revocation endpoint answered with status 401."))
        #expect(
            try await outcome(404, "<html>") == .refused(message: "The revocation endpoint answered with status 404."))
        #expect(try await outcome(302) == .refused(message: "The revocation endpoint redirects elsewhere."))
        guard case .refused = try await outcome(.refusedAddress) else {
            Issue.record("an address that may not be called stays one")
            return
        }
    }

    @Test("that cannot answer now is to be asked again later, and why is told")
    func unavailable() async throws {
        let wait = [(name: "Retry-After", value: "120")]
        let busy = "The revocation endpoint answered with status 503."
        #expect(
            try await outcome(503, "<html>", headers: wait) == .unavailable(retryAfter: .seconds(120), message: busy))
        guard case .unavailable(.seconds(120), _) = try await outcome(429, headers: wait),
            case .unavailable(nil, _) = try await outcome(500)
        else {
            Issue.record("a limit and a failure pass")
            return
        }
        let sentence = #"{"error":"temporarily_unavailable","error_description":"Maintenance"}"#
        #expect(try await outcome(400, sentence) == .unavailable(retryAfter: nil, message: "Maintenance"))
        for code: OutboundError.Code in [.notConnected, .tls, .noAnswer, .answerTooLarge, .cancelled] {
            let message = OutboundError(code, authority: "idp.example.com").description
            #expect(try await outcome(code) == .unavailable(retryAfter: nil, message: message))
        }
    }

    @Test("is asked over real sockets, with a private key too")
    func realSockets() async throws {
        let server = TestServer { server, connection in
            guard let request = connection.readRequest() else { return }
            server.record(request)
            if request.contains("token=good&") {
                connection.answer()
            } else if request.contains("token=other&") {
                connection.answer(400, body: #"{"error":"unsupported_token_type"}"#)
            }
        }
        defer { server.stop() }
        let policy = OutboundPolicy(allowedHosts: [try AllowedHost(parsing: server.hostAndPort)])
        let transport = CurlTransport(policy: policy, proxy: nil)
        let endpoint = RevocationEndpoint(
            url: try OutboundURL(parsing: "http://\(server.hostAndPort)/revoke", policy: policy),
            credentials: ClientCredentials(
                clientID: "id", privateKey: try PrivateKey.generate(.p256), audience: "https://idp.example.com/token")
        ) { 1_800_000_000 }
        #expect(await endpoint.revoke(SecretString("good"), hint: .refreshToken, over: transport) == .done)
        #expect(
            await endpoint.revoke(SecretString("other"), hint: .refreshToken, over: transport)
                == .refused(message: "unsupported_token_type"))
        guard
            case .unavailable(nil, let message) = await endpoint.revoke(
                SecretString("lost"), hint: .refreshToken, over: transport)
        else {
            Issue.record("an answer that was lost says nothing")
            return
        }
        #expect(message.contains("did not answer"))
        #expect(server.requests.allSatisfy { $0.hasPrefix("POST /revoke ") && $0.contains("client_assertion=eyJ") })
        await transport.shutdown()
    }
}
