import JSON
import Testing

@testable import Integrations
@testable import Storage

@Suite struct LoginStateTests {
    private let now = Timestamp(seconds: 1_000_000)

    private func session(needsLogin: String? = nil, refresh: [UInt8]? = [1], endsIn seconds: Int64?)
        -> OAuthSessionRecord
    {
        let tenant = TenantFingerprint(value: 5)
        return OAuthSessionRecord(
            id: 1, guid: GUID(tenant: tenant), userGUID: GUID(tenant: tenant), integrationGUID: GUID(tenant: tenant),
            tokens: SealedTokens(
                access: [1], refresh: refresh, expiresAt: seconds.map { now + .seconds($0) }, refreshAt: nil, scope: nil
            ),
            needsLogin: needsLogin, refreshStartedAt: nil, version: 1, createdAt: now, updatedAt: now)
    }

    @Test func aLoginWorksUntilNothingCanRenewIt() {
        #expect(LoginState(nil, at: now) == .absent)
        #expect(LoginState(session(endsIn: 60), at: now) == .working)
        #expect(LoginState(session(endsIn: -60), at: now) == .working)
        #expect(LoginState(session(refresh: nil, endsIn: 60), at: now) == .working)
        #expect(LoginState(session(refresh: nil, endsIn: nil), at: now) == .over("access_token_expired"))
        #expect(LoginState(session(refresh: nil, endsIn: 0), at: now) == .over("access_token_expired"))
        #expect(LoginState(session(needsLogin: "refresh_token_rejected", endsIn: 60), at: now).sentence != nil)
    }

    @Test func listsSayTheSameOfManyAsIsSaidOfOne() async throws {
        let house = try await HouseFixture()
        let page = PageRequest(number: 1, size: 10)
        for (refresh, expiresIn) in [("refresh", 3600), (nil, 3600), (nil, nil)] as [(String?, Int64?)] {
            try await house.logIn(refresh: refresh, expiresIn: expiresIn)
            let session = try #require(try await house.session())
            for seconds: Int64 in [0, 3599, 3600, 100_000] {
                let now = house.time.now + .seconds(seconds)
                let isOver = LoginState(session, at: now) == .over(OAuthSessionRecord.expired)
                let store = house.tenant.account.store
                let summary = try #require(
                    try await store.integrations(matching: .init(), page, at: now).elements.first)
                #expect(summary.loginRequiredCount == (isOver ? 1 : 0) && summary.loggedInCount == (isOver ? 0 : 1))
                let use = try await store.integrationUse(house.integration.guid, page, at: now)
                #expect(use.sessions.map(\.reason) == [isOver ? OAuthSessionRecord.expired : nil])
                let profile = try #require(try await store.profile(house.viewer.guid, at: now))
                #expect(profile.logins.map(\.needsLogin) == [isOver ? OAuthSessionRecord.expired : nil])
                let counts = try await store.logins(ofContent: house.content.guid, at: now, naming: 1)
                #expect(counts[house.integration.guid]?.mustLogIn == (isOver ? 1 : 0))
            }
        }
    }

    @Test func whyOneMustLogInAgainIsSaidInWords() {
        let reasons = ["access_token_expired", "refresh_token_rejected", "refresh_answer_lost", "something new"]
        let sentences = Set(reasons.compactMap { LoginState.over($0).sentence })
        #expect(sentences.count == reasons.count)
        #expect(LoginState.working.sentence == nil && LoginState.absent.sentence == nil)
    }
}

@Suite struct PermissionTests {
    @Test func everyDefaultScopeHasWords() {
        for template in Template.all {
            for setting in template.settings where setting.name == "scopes" {
                let defaults = [setting.defaultValue?.stringValue ?? ""] + setting.otherDefaults.map(\.value)
                // Where a setting's value stands in it, the site is the organization's own.
                for text in defaults where !text.contains("{") {
                    let scopes = text.split(separator: " ").map(String.init)
                    for permission in Permission.of(scopes, template.key) {
                        #expect(permission.words != nil, "\(template.key): \(permission.scope)")
                    }
                }
            }
        }
    }

    @Test func aScopeThatNobodyDescribedStaysAsItIs() {
        #expect(Permission.of(["custom:read"], "custom") == [Permission(scope: "custom:read", words: nil)])
        #expect(Permission.of(["https://evil.example/.default"], "azure").first?.words == nil)
    }

    @Test func snowflakesRoleIsNamed() {
        #expect(Permission.of(["session:role:ANALYST"], "snowflake").first?.words?.contains("ANALYST") == true)
        #expect(Permission.of(["refresh_token"], "snowflake").first?.words?.contains("default role") == true)
    }
}
