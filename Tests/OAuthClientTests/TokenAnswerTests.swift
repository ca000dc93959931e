import Cryptography
import HTTPClient
import OAuthClient
import Testing

@Suite("A token endpoint's answer")
struct TokenAnswerTests {
    private func outcome(
        _ status: Int, _ body: String, type: String = "application/json", refreshToken: String = "refresh-token-sent",
        headers: [(name: String, value: String)] = []
    ) async throws -> TokenOutcome {
        let transport = ScriptedTransport(status, headers: [("Content-Type", type)] + headers, body)
        return try await TokenEndpointTests.endpoint(secret: "client-secret-sent")
            .refresh(SecretString(refreshToken), over: transport)
    }

    @Test("of Databricks is understood")
    func databricks() async throws {
        let body = """
            {"access_token":"eyJ.a.b","refresh_token":"doau1","scope":"all-apis offline_access","token_type":"Bearer","expires_in":3600}
            """
        let grant = try #require(try await outcome(200, body).grant)
        #expect(grant.accessToken.reveal() == "eyJ.a.b")
        #expect(grant.refreshToken?.reveal() == "doau1")
        #expect(grant.expiresIn == .seconds(3600))
        #expect(grant.scope == "all-apis offline_access")
        #expect(grant.tokenType == "Bearer")
    }

    @Test("of Snowflake is understood")
    func snowflake() async throws {
        let body = """
            {"access_token":"ver:1-hint:1-ETM","refresh_token":"ver:1-hint:2-ETM","token_type":"Bearer","username":"VIC",\
            "scope":"refresh_token session:role:ANALYST","expires_in":600,"refresh_token_expires_in":7776000,"idpInitiated":false}
            """
        let grant = try #require(try await outcome(200, body).grant)
        #expect(grant.accessToken.reveal() == "ver:1-hint:1-ETM")
        #expect(grant.expiresIn == .seconds(600))
        #expect(grant.refreshTokenExpiresIn == .seconds(7_776_000))
        #expect(grant.username == "VIC")
    }

    @Test(
        "may give the lifetime in many ways; nonsense is unknown, and the absurd is cut",
        arguments: [
            ("3600", 3600), (#""3600""#, 3600), ("3600.9", 3600), ("null", nil), (#""""#, nil), (#""soon""#, nil),
            ("-1", nil), ("0", nil), (#""-5""#, nil), ("[]", nil), ("true", nil), ("9223372036854775807", 31_536_000),
            ("1e300", 31_536_000), (#""99999999999999999999999""#, 31_536_000), ("-1e300", nil), ("1", 1),
        ] as [(String, Int64?)])
    func lifetimes(_ value: String, _ seconds: Int64?) async throws {
        let grant = try await outcome(200, #"{"access_token":"a","token_type":"Bearer","expires_in":\#(value)}"#).grant
        #expect(try #require(grant).expiresIn == seconds.map { .seconds($0) })
    }

    @Test("that redirects names the place, without a query that may repeat what was sent")
    func redirect() async throws {
        let place = ("Location", "https://idp.example/v2/token?refresh_token=refresh-token-sent")
        guard case .unavailable(let trouble) = try await outcome(307, "", headers: [place]) else {
            Issue.record("a redirect is no answer")
            return
        }
        #expect(
            trouble.message
                == "The token endpoint redirects to https://idp.example/v2/token: should that be the token URL? (status 307)"
        )
    }

    @Test("that says no with a status of the server's own has the provider's words, without what was sent")
    func words() async throws {
        let body = #"{"error":"server_error","error_description":"refresh-token-sent is in a vault that is sealed"}"#
        guard case .unavailable(let trouble) = try await outcome(503, body) else {
            Issue.record("a failure of the provider is no refusal")
            return
        }
        #expect(
            trouble.message
                == "The provider has an internal problem: [redacted] is in a vault that is sealed (status 503)")
    }

    @Test("without lifetime, scope, refresh token and type is still a grant")
    func sparse() async throws {
        let grant = try #require(try await outcome(200, #" {"access_token":"a"}"#).grant)
        #expect(grant.expiresIn == nil && grant.scope == nil && grant.refreshToken == nil && grant.idToken == nil)
        #expect(grant.tokenType == "Bearer")
        let nulls = #"{"access_token":"a","refresh_token":null,"scope":null,"id_token":"","token_type":null}"#
        #expect(try await outcome(200, nulls).grant?.refreshToken == nil)
    }

    @Test("may have the scope as an array, and the type in any case")
    func variants() async throws {
        let body = #"{"access_token":"a","token_type":"bEARER","scope":["one","two"]}"#
        let grant = try #require(try await outcome(200, body).grant)
        #expect(grant.scope == "one two")
        #expect(grant.tokenType == "Bearer")
    }

    @Test("may be form-encoded")
    func formEncoded() async throws {
        for type in ["application/x-www-form-urlencoded; charset=utf-8", "text/plain"] {
            let grant = try await outcome(
                200, "access_token=gho_1&scope=a%20b&token_type=bearer&expires_in=60", type: type
            ).grant
            #expect(grant?.accessToken.reveal() == "gho_1")
            #expect(grant?.scope == "a b")
            #expect(grant?.expiresIn == .seconds(60))
        }
        let error = "error=bad_verification_code&error_description=The+code+is+incorrect."
        let refusal = try await outcome(200, error, type: "application/x-www-form-urlencoded").refusal
        #expect(refusal?.kind == .invalidGrant)
        #expect(refusal?.message == "bad_verification_code: The code is incorrect.")
    }

    @Test(
        "that makes no sense leaves the tokens alone",
        arguments: [
            (200, "<html>Sign in</html>"), (200, ""), (200, "{"), (200, "[]"), (200, "null"), (200, #""access_token""#),
            (200, "{}"), (200, #"{"access_token":""}"#), (200, #"{"access_token":5}"#),
            (200, #"{"access_token":"a","access_token":"b"}"#), (200, #"{"access_token":"a b"}"#),
            (200, #"{"access_token":"a\nb"}"#), (200, #"{"access_token":"é"}"#),
            (200, #"{"access_token":"a","token_type":"mac"}"#), (200, #"{"access_token":"a","token_type":"DPoP"}"#),
            (200, #"{"access_token":"a","token_type":7}"#), (200, #"{"access_token":"a","refresh_token":"b c"}"#),
            (200, #"{"access_token":"a","refresh_token":{}}"#), (403, "Forbidden"), (404, "{}"), (302, ""),
            (401, #"{"message":"no"}"#), (204, ""), (401, ""),
        ])
    func unintelligible(_ status: Int, _ body: String) async throws {
        let trouble = try #require(try await outcome(status, body).unavailability)
        #expect(trouble.reason == .unintelligible)
        #expect(trouble.requestMayHaveBeenProcessed == (200..<300).contains(status))
        #expect(trouble.message.hasSuffix("(status \(status))"))
    }

    @Test(
        "of status 400 without an error that can be read may be about a dead refresh token",
        arguments: ["", "<html>Bad request</html>", "{}", #"{"access_token":"a"}"#, #"{"error":""}"#, "\u{0}"])
    func unexplained(_ body: String) async throws {
        let trouble = try #require(try await outcome(400, body).unavailability)
        #expect(trouble.reason == .unexplained && !trouble.requestMayHaveBeenProcessed)
        let transport = ScriptedTransport(400, body)
        let exchange = try await TokenEndpointTests.endpoint().exchangeCode(
            SecretString("c"), verifier: nil, redirectURI: "https://g.example/cb", over: transport)
        #expect(exchange.unavailability?.reason == .unintelligible)
    }

    @Test("may have tokens of 128 KiB and not more", arguments: ["access_token", "refresh_token"])
    func tokenLength(_ name: String) async throws {
        let longest = String(repeating: "a", count: 128 << 10)
        func body(_ token: String) -> String {
            name == "access_token"
                ? #"{"access_token":"\#(token)"}"# : #"{"access_token":"a","\#(name)":"\#(token)"}"#
        }
        #expect(try await outcome(200, body(longest)).grant != nil)
        let trouble = try #require(try await outcome(200, body(longest + "a")).unavailability)
        #expect(trouble.reason == .unintelligible)
        #expect(trouble.message.contains(name) && trouble.message.contains("131072"))
        let form = "access_token=a&\(name == "access_token" ? "scope" : name)=\(longest)"
        #expect(try await outcome(200, form, type: "application/x-www-form-urlencoded").grant != nil)
    }

    @Test(
        "to a refresh is not spoiled by an id_token that cannot be read",
        arguments: ["{}", "5", "\"a b\"", "\"" + String(repeating: "a", count: (128 << 10) + 1) + "\""])
    func unreadableIDToken(_ token: String) async throws {
        let body = #"{"access_token":"a","refresh_token":"r","id_token":\#(token)}"#
        let grant = try #require(try await outcome(200, body).grant)
        #expect(grant.refreshToken?.reveal() == "r" && grant.idToken == nil)
        let login = try await TokenEndpointTests.endpoint().exchangeCode(
            SecretString("c"), verifier: nil, redirectURI: "https://g.example/cb", over: ScriptedTransport(200, body))
        #expect(login.unavailability?.message.contains("id_token") == true)
    }

    @Test("may begin with a byte order mark, and call its tokens BearerToken")
    func oddities() async throws {
        let body = "\u{FEFF}" + #"{"access_token":"a","token_type":"BearerToken"}"#
        let grant = try #require(try await outcome(200, body).grant)
        #expect(grant.accessToken.reveal() == "a" && grant.tokenType == "Bearer")
        let refusal = try await outcome(400, "\u{FEFF}" + #"{"error":"invalid_grant"}"#).refusal
        #expect(refusal?.effect == .session)
    }

    @Test(
        "that cannot be used says why",
        arguments: [
            ("{}", "no access_token"), (#"{"access_token":5}"#, "no text"),
            (#"{"access_token":"a b"}"#, "no HTTP header can carry"),
            (#"{"access_token":"a","token_type":"DPoP"}"#, #"token_type "DPoP""#), ("", "empty"),
            ("<p>", "neither JSON"),
        ])
    func causes(_ body: String, _ words: String) async throws {
        #expect(try await outcome(200, body).unavailability?.message.contains(words) == true)
    }

    @Test(
        "with a status that means 'not now' is never a refusal, whatever it says",
        arguments: [
            (429, .rateLimited, false), (500, .serverError, true), (502, .serverError, true), (503, .serverError, true),
            (408, .serverError, true),
        ]
            as [(Int, ProviderUnavailability.Reason, Bool)])
    func notNow(_ status: Int, _ reason: ProviderUnavailability.Reason, _ processed: Bool) async throws {
        for body in ["<html>", #"{"error":"invalid_grant"}"#, ""] {
            let trouble = try #require(try await outcome(status, body).unavailability)
            #expect(trouble.reason == reason)
            #expect(trouble.requestMayHaveBeenProcessed == processed)
        }
        #expect(try await outcome(400, #"{"error":"temporarily_unavailable"}"#).unavailability?.reason == .serverError)
    }

    @Test(
        "says how long to wait",
        arguments: [
            ("120", 120), ("0", 0), ("999999999999999999999", 86_400), ("Sun, 06 Nov 1994 08:51:37 GMT", 120),
            ("Sun, 06 Nov 1994 08:00:00 GMT", 0), ("-5", nil), ("soon", nil), ("Sun, 06 Nov 1994 25:00:00 GMT", nil),
            ("", nil), ("Thu, 01 Dec 1994 16:00:00 GMT", 86_400), ("Sun, 99 Nov 1994 08:00:00 GMT", nil),
        ] as [(String, Int64?)])
    func retryAfter(_ value: String, _ seconds: Int64?) async throws {
        let headers = [(name: "retry-after", value: value), (name: "Date", value: "Sun, 06 Nov 1994 08:49:37 GMT")]
        let trouble = try #require(try await outcome(429, "", headers: headers).unavailability)
        #expect(trouble.retryAfter == seconds.map { .seconds($0) })
    }
}
