import HTTPClient
import JSON
import OAuthClient
import Testing

@Suite("A server's metadata", .timeLimit(.minutes(5)))
struct ServerMetadataTests {
    private let policy = OutboundPolicy()

    private func document(_ issuer: String, changing changes: [String: JSON?] = [:]) -> String {
        var object: JSONObject = [
            "issuer": .string(issuer), "authorization_endpoint": "https://idp.example.com/a",
            "token_endpoint": "https://idp.example.com/t",
        ]
        for (key, value) in changes { object[key] = value }
        return JSON.object(object).text()
    }

    private func answer(_ status: Int, _ body: String = "") -> Result<OutboundResponse, OutboundError> {
        .success(OutboundResponse(status: status, body: [UInt8](body.utf8)))
    }

    private func error(_ issuer: String, _ transport: ScriptedTransport) async -> MetadataError? {
        do throws(MetadataError) {
            _ = try await ServerMetadata.fetch(issuer: issuer, policy: policy, over: transport)
            return nil
        } catch { return error }
    }

    @Test("may begin with a byte order mark, and have a sentence in Latin-1")
    func oddBytes() async throws {
        let issuer = "https://idp.example.com"
        var body: [UInt8] = [0xEF, 0xBB, 0xBF] + document(issuer, changing: ["service_documentation": "caf?"]).utf8
        let latin = try #require(body.firstIndex(of: UInt8(ascii: "?")))
        body[latin] = 0xE9
        let transport = ScriptedTransport([.success(OutboundResponse(status: 200, body: body))])
        let metadata = try await ServerMetadata.fetch(issuer: issuer, policy: policy, over: transport)
        #expect(metadata.issuer == issuer)
    }

    @Test("is looked for in the three places in use")
    func places() async throws {
        let issuer = "https://dbc.cloud.databricks.com/oidc"
        let transport = ScriptedTransport([answer(404), answer(400, "<html>"), answer(200, document(issuer))])
        let metadata = try await ServerMetadata.fetch(issuer: issuer, policy: policy, over: transport)
        #expect(
            transport.requests.map(\.url.text) == [
                "https://dbc.cloud.databricks.com/.well-known/oauth-authorization-server/oidc",
                "https://dbc.cloud.databricks.com/oidc/.well-known/openid-configuration",
                "https://dbc.cloud.databricks.com/oidc/.well-known/oauth-authorization-server",
            ])
        #expect(metadata.issuer == issuer)
        #expect(metadata.tokenEndpoint.text == "https://idp.example.com/t")
        #expect(metadata.authorizationEndpoint?.text == "https://idp.example.com/a")
        #expect(metadata.revocationEndpoint == nil)
        #expect(!metadata.authorizationResponseIssParameterSupported)
        #expect(metadata.codeChallengeMethodsSupported.isEmpty)
        #expect(metadata.tokenEndpointAuthMethodsSupported == ["client_secret_basic"])
        #expect(metadata.grantTypesSupported == ["authorization_code", "implicit"])
        #expect(metadata.scopesSupported.isEmpty && metadata.jwksURI == nil)
    }

    @Test("tells what the server can do")
    func everything() async throws {
        let issuer = "https://idp.example.com"
        let body = document(
            issuer,
            changing: [
                "revocation_endpoint": "https://idp.example.com/r",
                "authorization_response_iss_parameter_supported": true,
                "code_challenge_methods_supported": ["S256"], "token_endpoint_auth_methods_supported": ["none"],
            ])
        let transport = ScriptedTransport([answer(200, body)])
        let metadata = try await ServerMetadata.fetch(issuer: issuer, policy: policy, over: transport)
        #expect(metadata.revocationEndpoint?.path == "/r")
        #expect(metadata.authorizationResponseIssParameterSupported)
        #expect(metadata.codeChallengeMethodsSupported == ["S256"])
        #expect(metadata.tokenEndpointAuthMethodsSupported == ["none"])
    }

    @Test("without a path in the issuer is looked for in two places, and a slash at its end counts")
    func slash() async throws {
        let transport = ScriptedTransport([answer(404), answer(404), answer(404)])
        #expect(await error("https://idp.example.com", transport)?.code == .notFound)
        #expect(transport.requests.count == 2)
        let issuer = "https://idp.example.com/"
        let exact = ScriptedTransport([answer(200, document(issuer))])
        #expect(try await ServerMetadata.fetch(issuer: issuer, policy: policy, over: exact).issuer == issuer)
        let other = ScriptedTransport([answer(200, document("https://idp.example.com")), answer(404)])
        let mismatch = await error(issuer, other)
        #expect(mismatch?.code == .issuerMismatch)
        #expect(mismatch?.description.contains("https://idp.example.com,") == true)
    }

    @Test(
        "that is not usable is refused with its reason",
        arguments: [
            (["issuer": "https://evil.example.com"], .issuerMismatch), (["issuer": .some(nil)], .issuerMissing),
            (["issuer": 5], .issuerMissing), (["token_endpoint": .some(nil)], .endpointMissing),
            (["authorization_endpoint": .null], .endpointMissing),
            (["token_endpoint": "http://idp.example.com/t"], .endpointRefused),
            (["token_endpoint": "https://169.254.169.254/t"], .endpointRefused),
            (["token_endpoint": "https://localhost/t"], .endpointRefused), (["token_endpoint": 5], .endpointRefused),
            (["authorization_endpoint": "javascript:alert(1)"], .endpointRefused),
            (["revocation_endpoint": "https://u@idp.example.com/"], .endpointRefused),
        ] as [([String: JSON?], MetadataError.Code)])
    func unusable(_ changes: [String: JSON?], _ code: MetadataError.Code) async {
        let issuer = "https://idp.example.com"
        let transport = ScriptedTransport([answer(200, document(issuer, changing: changes)), answer(404)])
        #expect(await error(issuer, transport)?.code == code)
    }

    @Test("that redirects, is no JSON, is too long or cannot be reached is refused")
    func unreachable() async {
        let issuer = "https://idp.example.com"
        #expect(await error(issuer, ScriptedTransport([answer(302), answer(404)]))?.code == .redirected)
        #expect(await error(issuer, ScriptedTransport([answer(200, "<html>"), answer(404)]))?.code == .unintelligible)
        #expect(await error(issuer, ScriptedTransport([answer(200, "[]"), answer(404)]))?.code == .unintelligible)
        #expect(await error(issuer, ScriptedTransport([answer(503)]))?.code == .unreachable)
        let long = OutboundError(.answerTooLarge, authority: "idp.example.com")
        #expect(await error(issuer, ScriptedTransport([.failure(long)]))?.code == .tooLarge)
        let silent = OutboundError(.notConnected, authority: "idp.example.com")
        #expect(await error(issuer, ScriptedTransport([.failure(silent)]))?.code == .unreachable)
    }

    @Test(
        "of an issuer that may not be called is not asked for",
        arguments: [
            "", "idp.example.com", "http://idp.example.com", "https://127.0.0.1", "https://localhost",
            "https://idp.example.com?x=1", "https://idp.example.com#x",
        ])
    func refusedIssuers(_ issuer: String) async {
        let transport = ScriptedTransport([answer(200)])
        #expect(await error(issuer, transport)?.code == .issuerRefused)
        #expect(transport.requests.isEmpty)
    }

    @Test("is fetched over real sockets; an endless document is cut off")
    func realSockets() async throws {
        let server = TestServer { server, connection in
            while let request = connection.readRequest() {
                guard request.hasPrefix("GET /.well-known/openid-configuration ") else {
                    if request.hasPrefix("GET /.well-known/oauth-authorization-server/long ") {
                        connection.write("HTTP/1.1 200 OK\r\n\r\n{\"issuer\":\"")
                        while connection.write(String(repeating: "x", count: 65_536)) {}
                        return
                    }
                    connection.answer(404)
                    continue
                }
                let origin = "http://\(server.hostAndPort)"
                connection.answer(
                    200, headers: "Content-Type: application/json\r\n",
                    body:
                        #"{"issuer":"\#(origin)","authorization_endpoint":"\#(origin)/a","token_endpoint":"\#(origin)/t"}"#
                )
            }
        }
        defer { server.stop() }
        let policy = OutboundPolicy(allowedHosts: [try AllowedHost(parsing: server.hostAndPort)])
        let transport = CurlTransport(policy: policy, proxy: nil)
        let issuer = "http://\(server.hostAndPort)"
        let metadata = try await ServerMetadata.fetch(issuer: issuer, policy: policy, over: transport)
        #expect(metadata.tokenEndpoint.text == "\(issuer)/t")
        await #expect(throws: MetadataError.self) {
            try await ServerMetadata.fetch(issuer: issuer + "/long", policy: policy, over: transport)
        }
        await transport.shutdown()
    }
}
