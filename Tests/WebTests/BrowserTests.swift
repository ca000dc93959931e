import Accounts
import Cryptography
import HTTPTypes
import Integrations
import NIOCore
import Storage
import Testing

@testable import Web

@Suite struct FormGuardTests {
    private let guardian = FormGuard(key: SecretBytes.random(32), base: "https://g.example")
    private let secret = SecretString("what the cookie holds")

    private func check(_ form: [String: String], _ headers: HTTPFields = [:]) throws {
        try guardian.check(form, secret, headers)
    }

    @Test func aFormFromOurOwnPageIsAccepted() throws {
        try check(["csrf_token": guardian.token(secret)])
        try check(["csrf_token": guardian.token(secret)], [.origin: "https://g.example"])
    }

    @Test(arguments: ["https://evil.example", "null", "http://g.example", "https://g.example.evil.example"])
    func aFormFromElsewhereIsRefused(_ origin: String) {
        #expect(throws: Refusal.self) { try check(["csrf_token": guardian.token(secret)], [.origin: origin]) }
    }

    @Test func aTokenOfAnotherBrowserOrNoneIsRefused() {
        #expect(throws: Refusal.self) { try check(["csrf_token": guardian.token(SecretString("another cookie"))]) }
        #expect(throws: Refusal.self) { try check([:]) }
        #expect(throws: Refusal.self) { try guardian.check(["csrf_token": guardian.token(secret)], nil, [:]) }
    }
}

@Suite struct CookieTests {
    @Test func onHTTPSCookiesAreBoundToTheHost() throws {
        let names = CookieNames(isSecure: true, isContentSecure: true)
        let fingerprint = TenantFingerprint(value: 1)
        #expect(names.session(fingerprint) == "__Host-gatehouse-000000000001")
        let header = names.set(names.session(fingerprint), SecretString("x"), lifetime: .seconds(60))
        #expect(header == "__Host-gatehouse-000000000001=x; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure")
    }

    @Test func aCookieThatIsThereTwiceIsNotBelieved() {
        let once: HTTPFields = [.cookie: "a=1; session=good; b=2"]
        let twice: HTTPFields = [.cookie: "session=planted; session=good"]
        #expect(once.cookie("session") == SecretString("good"))
        #expect(twice.cookie("session") == nil)
        #expect(once.cookie("sess") == nil)
    }
}

@Suite struct ContentPathTests {
    private let guid = GUID(tenant: TenantFingerprint(value: 5))

    @Test func theAddressOfContentNamesIt() {
        for rest in ["", "/", "?x=1", "/a/b?x=1"] { #expect(ContentPath("/content/\(guid)\(rest)")?.guid == guid) }
    }

    @Test func otherAddressesAreNoContent() {
        for address in [
            "/content/", "/content/x", "/contents/\(guid)/", "content/\(guid)", "/content/\(guid)x", "/\(guid)",
        ] {
            #expect(ContentPath(address) == nil)
        }
    }
}

@Suite struct AnswerTests {
    @Test func aTokenWithQuotesStaysJSON() {
        let body = CredentialsAnswer.body(.init(token: Array(#"a"b\c"#.utf8), type: .accessToken, expiresIn: 5))
        #expect(
            String(buffer: body)
                == #"{"access_token":"a\"b\\c","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer","expires_in":5}"#
        )
    }

    @Test func aCorrelationIDIsEchoedOnlyWhereItIsPlain() {
        #expect(CorrelationID.of("abc-123") == "abc-123")
        for sent in ["", "a b", "a\r\nx", String(repeating: "a", count: 129), nil] {
            let made = CorrelationID.of(sent)
            #expect(made != sent && made.utf8.count == 32)
        }
    }
}
