import Cryptography
import HTTPClient
import OAuthClient
import Testing

@Suite("A provider's refusal")
struct ProviderRefusalTests {
    private let code = SecretString("authorization-code-sent")
    private let refreshToken = SecretString("refresh/token+sent==")

    private func refusal(_ status: Int, _ body: String, isRefresh: Bool = true) async throws -> ProviderRefusal? {
        let transport = ScriptedTransport(status, body)
        let endpoint = try TokenEndpointTests.endpoint(secret: "client secret sent")
        let outcome =
            isRefresh
            ? await endpoint.refresh(refreshToken, over: transport)
            : await endpoint.exchangeCode(
                code, verifier: SecretString("code-verifier-sent"), redirectURI: "https://g.example/cb", over: transport
            )
        return outcome.refusal
    }

    @Test(
        "tells whose fault it is",
        arguments: [
            ("invalid_grant", .invalidGrant), ("INVALID_GRANT", .invalidGrant), ("bad_refresh_token", .invalidGrant),
            ("invalid_client", .invalidClient), ("unauthorized_client", .unauthorizedClient),
            ("invalid_scope", .invalidScope), ("invalid_request", .invalidRequest),
            ("unsupported_grant_type", .unauthorizedClient), ("interaction_required", .viewer),
            ("something_new", .other),
        ] as [(String, ProviderRefusal.Kind)])
    func kinds(_ code: String, _ kind: ProviderRefusal.Kind) async throws {
        for status in [200, 400, 401, 403] {
            let refusal = try #require(try await refusal(status, #"{"error":"\#(code)","error_description":"Why."}"#))
            #expect(refusal.kind == kind)
            #expect(refusal.status == status)
            #expect(refusal.message == "\(code.lowercased()): Why.")
        }
    }

    @Test("wins over tokens in the same answer")
    func errorBeforeTokens() async throws {
        #expect(try await refusal(200, #"{"error":"invalid_grant","access_token":"a"}"#)?.kind == .invalidGrant)
        #expect(try await refusal(200, #"{"error":"","access_token":"a"}"#) == nil)
    }

    @Test("of Databricks for a dead refresh token is recognised, in a refresh only")
    func databricks() async throws {
        let body = #"{"error":"invalid_request","error_description":"OIDC: REFRESH token is invalid (expired)"}"#
        #expect(try await refusal(400, body)?.kind == .invalidGrant)
        #expect(try await refusal(400, body)?.effect == .session)
        #expect(try await refusal(400, body, isRefresh: false)?.kind == .invalidRequest)
        let other = #"{"error":"invalid_request","error_description":"Missing parameter"}"#
        #expect(try await refusal(400, other)?.kind == .invalidRequest)
        let okta = #"{"errorCode":"invalid_grant","errorSummary":"Bad."}"#
        #expect(try await refusal(400, okta)?.message == "invalid_grant: Bad.")
        #expect(try await refusal(403, #"{"error_code":"PERMISSION_DENIED","message":"No."}"#)?.kind == .other)
    }

    @Test("of Snowflake has its text in message")
    func snowflake() async throws {
        let body =
            #"{"data":null,"message":"This is an invalid client.","code":null,"success":false,"error":"invalid_client"}"#
        let refusal = try #require(try await refusal(400, body))
        #expect(refusal.kind == .invalidClient)
        #expect(refusal.message == "invalid_client: This is an invalid client.")
    }

    @Test("may be an object, as in Google's APIs")
    func nested() async throws {
        let refusal = try await refusal(400, #"{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"Bad."}}"#)
        #expect(refusal?.kind == .other)
        #expect(refusal?.message == "invalid_argument: Bad.")
    }

    @Test("ends what the table says, and nothing where the table does not have it")
    func effects() async throws {
        for known in TokenErrorCode.all {
            let sentence = known.words ?? "Why."
            let body = #"{"error":"\#(known.code.uppercased())","error_description":"\#(sentence)"}"#
            let transport = ScriptedTransport(400, body)
            switch try await TokenEndpointTests.endpoint().refresh(refreshToken, over: transport) {
            case .granted: Issue.record("\(known.code) is an error")
            case .refused(let refusal):
                #expect(refusal.effect == known.effect && refusal.reason == known.reason)
                #expect(refusal.message == "\(known.code): \(sentence)")
            case .unavailable(let trouble):
                #expect(known.reason == "provider_unavailable" && trouble.message.contains(sentence))
                #expect((trouble.reason == .rateLimited) == (known.effect == .integration))
            }
        }
        for code in ["something_new", "invalid_grant_2", "constructor", "é"] {
            #expect(try await refusal(400, #"{"error":"\#(code)"}"#)?.effect == .nothing)
        }
    }

    @Test("is understood where its sentence is in another encoding than UTF-8")
    func latin1() async throws {
        let text =
            Array(#"{"error":"invalid_grant","error_description":"Jeton expir"#.utf8) + [0xE9] + Array(#"."}"#.utf8)
        let forms: [(type: String, body: [UInt8])] = [
            ("application/json", text),
            ("application/x-www-form-urlencoded", Array("error=invalid_grant&error_description=expir%E9".utf8)),
        ]
        for (type, body) in forms {
            let answer = OutboundResponse(status: 400, headers: [("Content-Type", type)], body: body)
            let outcome = try await TokenEndpointTests.endpoint()
                .refresh(refreshToken, over: ScriptedTransport([.success(answer)]))
            #expect(outcome.refusal?.effect == .session)
        }
    }

    @Test("whose sentence has the code shows the sentence alone")
    func repeated() async throws {
        let body = #"{"error":"invalid_grant","error_description":"Error INVALID_GRANT: too old"}"#
        #expect(try await refusal(400, body)?.message == "Error INVALID_GRANT: too old")
    }

    @Test("without a sentence shows its code")
    func bare() async throws {
        #expect(try await refusal(400, #"{"error":"invalid_grant"}"#)?.message == "invalid_grant")
    }

    @Test("never shows what we sent, plain or encoded, and is one short line")
    func harmless() async throws {
        let sent = [
            "refresh/token+sent==", "refresh%2Ftoken%2Bsent%3D%3D", "client secret sent", "client+secret+sent",
            "client%20secret%20sent", Base64.encode(Array("client%3Aid:client+secret+sent".utf8)),
        ]
        for secret in sent {
            let body = #"{"error":"invalid_grant","error_description":"Token '\#(secret)' is unknown: \#(secret)"}"#
            let message = try #require(try await refusal(400, body)?.message)
            #expect(message == "invalid_grant: Token '[redacted]' is unknown: [redacted]")
        }
        for secret in ["authorization-code-sent", "code-verifier-sent"] {
            let body = #"{"error":"\#(secret)"}"#
            #expect(try await refusal(400, body, isRefresh: false)?.message == "[redacted]")
        }
        let rude = #"{"error":"x","error_description":" a\r\nb\u001b[31m\u202e\u200b c\t\td "}"#
        #expect(try await refusal(400, rude)?.message == "x: a b [31m c d")
        let long = #"{"error":"x","error_description":"\#(String(repeating: "é", count: 5000))"}"#
        let message = try #require(try await refusal(400, long)?.message)
        #expect(message.count == 300 && message.hasSuffix("…"))
    }
}
