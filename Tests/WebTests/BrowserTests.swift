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

    @Test(arguments: ["cross-site", "same-site"])
    func aFormOfWhichTheBrowserSaysThatItIsFromElsewhereIsRefused(_ site: String) {
        #expect(throws: Refusal.self) {
            try check(["csrf_token": guardian.token(secret)], [.fetchSite: site, .origin: "https://g.example"])
        }
    }

    @Test func anotherSiteCanLeadToAPageButNotFetchOrFrameIt() throws {
        func source(_ site: String, _ mode: String, _ destination: String) -> HTTPFields {
            [.fetchSite: site, .fetchMode: mode, .fetchDestination: destination]
        }
        for site in ["cross-site", "same-site"] {
            try guardian.checkSource(source(site, "navigate", "document"))
            try guardian.checkSource(source(site, "navigate", "iframe"), inFrames: true)
            for (mode, destination) in [
                ("navigate", "iframe"), ("navigate", "object"), ("no-cors", "image"), ("cors", "empty"),
                ("no-cors", "empty"), ("websocket", "empty"),
            ] {
                #expect(throws: Refusal.self) { try guardian.checkSource(source(site, mode, destination)) }
            }
            #expect(throws: Refusal.self) { try guardian.checkSource(source(site, "no-cors", "empty"), inFrames: true) }
        }
        for site in ["same-origin", "none"] { try guardian.checkSource(source(site, "cors", "empty")) }
        try guardian.checkSource([:])
        #expect(throws: Refusal.self) { try guardian.checkSource([.origin: "https://evil.example"]) }
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

    @Test func cookiesOfContentAreBoundToItsHostWhereItHasOne() {
        let guid = GUID(tenant: TenantFingerprint(value: 1))
        let value = SecretString("x")
        let own = CookieNames(isSecure: true, isContentSecure: true, isContentAlone: true)
        #expect(
            own.setAtContent(own.content(guid), value, content: guid, lifetime: .seconds(60))
                == "__Host-gatehouse-content-\(guid)=x; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure")
        let shared = CookieNames(isSecure: true, isContentSecure: true)
        #expect(
            shared.setAtContent(shared.nonce(guid), value, content: guid, lifetime: .seconds(60))
                == "__Secure-gatehouse-nonce-\(guid)=x; Path=/content/\(guid); Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        )
        let plain = CookieNames(isSecure: false, isContentSecure: false, isContentAlone: true)
        #expect(plain.clearAtContent(plain.content(guid), content: guid).contains("; Path=/;"))
        let together = CookieNames(isSecure: false, isContentSecure: false)
        #expect(together.clearAtContent(together.content(guid), content: guid).contains("; Path=/content/\(guid);"))
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

    @Test func eightKiBOfQueryAreTakenAndElevenWithThePath() throws {
        func isTaken(_ rest: String) -> Bool {
            do throws(Refusal) {
                try ContentPath("/content/\(guid)\(rest)")?.checkLength()
                return true
            } catch {
                #expect(error.code == .addressTooLong)
                return false
            }
        }
        let query = "?" + String(repeating: "x", count: 8192)
        #expect(isTaken("/a" + query))
        #expect(isTaken(query))
        #expect(!isTaken("/a\(query)x"))
        #expect(isTaken("/" + String(repeating: "x", count: 11 * 1024 - 46)))
        #expect(!isTaken("/" + String(repeating: "x", count: 11 * 1024 - 45)))
    }
}

@Suite struct ContentLoginTests {
    private let guid = GUID(tenant: TenantFingerprint(value: 5))
    private let other = GUID(tenant: TenantFingerprint(value: 5))

    @Test func anAddressOfOursIsReadAsItWasWritten() throws {
        let slug = try #require(AccountSlug("acme"))
        let login = ContentLogin(account: slug, content: guid, target: "/content/\(guid)/a?b=c&d=%2F#e")
        #expect(ContentLogin(login.path) == login)
    }

    @Test func anotherAddressIsNone() {
        for path in [
            "/", "/accounts/acme/content/\(guid)/log-in", "/accounts/acme/content/\(guid)/log-in?to=/accounts/",
            "/accounts/acme/content/\(guid)/log-in?to=/content/\(other)/", "/accounts/ACME/content/\(guid)/log-in?to=",
            "/x/acme/content/\(guid)/log-in?to=/content/\(guid)/", "/accounts/acme/content/x/log-in?to=/content/x/",
            "/accounts/acme/content/\(guid)/log-in?to=/content/\(guid)/&to=/content/\(guid)/x",
        ] {
            #expect(ContentLogin(path) == nil, "\(path)")
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
