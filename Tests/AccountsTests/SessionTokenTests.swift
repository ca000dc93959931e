import Cryptography
import Storage
import Testing

@testable import Accounts

@Suite struct SessionTokenTests {
    let fixture: AccountFixture
    let signer: SessionToken.Signer
    let user: GUID
    let content: GUID

    init() async throws {
        fixture = try await AccountFixture()
        signer = try SessionToken.Signer(fixture.account.vault)
        user = fixture.account.makeGUID()
        content = fixture.account.makeGUID()
    }

    private func token() -> String { signer.issue(user: user, content: content, at: fixture.time.now).reveal() }

    @Test func aTokenSaysWhoAndWhereAndNamesItsAccount() throws {
        let token = try signer.verify(token(), at: fixture.time.now)
        #expect(token.userGUID == user && token.contentGUID == content && token.kind == .user)
        #expect(SessionToken.claimedTenant(of: self.token()) == fixture.account.fingerprint)
    }

    @Test func aContentsTokenNamesTheKeyThatItEndsWith() throws {
        let salts: [[UInt8]] = [[1, 2, 3], [1, 2, 4]]
        let tokens = salts.map { signer.issue(content: content, salt: $0, at: fixture.time.now).reveal() }
        for (text, salt) in zip(tokens, salts) {
            let token = try signer.verify(text, at: fixture.time.now)
            #expect(token.kind == .content && token.contentGUID == content && token.userGUID == content)
            #expect(token.keyMark == SessionToken.mark(ofKeyFrom: salt))
        }
        #expect(tokens[0] != tokens[1])
    }

    @Test func tokensOfOneStepAreTheSame() {
        let first = token()
        #expect(token() == first)
        fixture.time.advance(SessionToken.step)
        #expect(token() != first)
    }

    @Test func anyChangedCharacterIsNotGenuine() {
        let genuine = Array(token())
        for index in genuine.indices {
            var changed = genuine
            changed[index] = changed[index] == "A" ? "B" : "A"
            #expect(throws: SessionToken.Failure.self) { try signer.verify(String(changed), at: fixture.time.now) }
        }
    }

    @Test func aTokenEndsAfter24Hours() throws {
        let token = token()
        let issued = try signer.verify(token, at: fixture.time.now).issuedAt
        let end = issued + SessionToken.lifetime
        #expect(throws: Never.self) { try signer.verify(token, at: end - .seconds(1)) }
        #expect(throws: SessionToken.Failure.tooOld) { try signer.verify(token, at: end) }
    }

    @Test func aTokenOfAnotherServerIsToldApart() async throws {
        let other = try SessionToken.Signer(try await AccountFixture().account.vault)
        #expect(throws: SessionToken.Failure.otherServer) {
            try other.verify(token(), at: fixture.time.now)
        }
    }

    @Test(arguments: ["", "gst_", "gst_AAAA", "Bearer x", "gst_" + String(repeating: "A", count: 400)])
    func rubbishIsNotGenuine(_ text: String) {
        #expect(throws: SessionToken.Failure.notGenuine) { try signer.verify(text, at: fixture.time.now) }
    }
}
