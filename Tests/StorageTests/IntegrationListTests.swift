import JSON
import Testing

@testable import Storage

@Suite struct IntegrationListTests {
    private let temporary: TemporaryFolder
    private let account: OpenAccount

    init() throws {
        temporary = try TemporaryFolder()
        account = try temporary.open("acme")
    }

    private func add(_ name: String, template: String = "custom", description: String = "") async throws -> GUID {
        let record = IntegrationRecord(
            guid: account.makeGUID(), name: name, description: description, template: template, authType: "Viewer",
            config: [:], sealedSecret: nil, createdAt: temporary.now, updatedAt: temporary.now)
        return try await account.store.addIntegration(record, permissions: [], noting: nil).guid
    }

    private func logIn(_ user: UserRecord, _ integration: GUID) async throws -> OAuthSessionRecord {
        try await account.store.commitLogin(
            account.makeGUID(), user: user.guid, integration: integration, integrationVersion: 1,
            tokens: temporary.tokens(), at: temporary.now, noting: nil)
    }

    private func names(_ filter: IntegrationFilter, page: Int = 1, size: Int = 10) async throws -> [String] {
        try await account.store.integrations(matching: filter, PageRequest(number: page, size: size), at: temporary.now)
            .elements.map(
                \.name)
    }

    @Test func aPageHasTheCountsOfItsOwnRows() async throws {
        let (first, second) = (try await add("a"), try await add("B"))
        for number in 1...3 {
            let user = try await temporary.user(of: account, email: "u\(number)@acme.example")
            let session = try await logIn(user, first)
            if number == 3 {
                try await account.store.requireLogin(session, reason: "gone", at: temporary.now, noting: nil)
            }
        }
        let page = try await account.store.integrations(
            matching: .init(), PageRequest(number: 1, size: 10), at: temporary.now)
        #expect(page.total == 2)
        #expect(page.elements.map(\.guid) == [first, second])
        #expect(page.elements.map(\.loggedInCount) == [2, 0])
        #expect(page.elements.map(\.loginRequiredCount) == [1, 0])
        let use = try await account.store.integrationUse(first, PageRequest(number: 1, size: 10), at: temporary.now)
        #expect(Dictionary(uniqueKeysWithValues: use.sessions.map { ($0.reason, $0.count) }) == [nil: 2, "gone": 1])
        #expect(use.contents.total == 0 && use.listed.isEmpty)
    }

    @Test func aLoginThatNothingRenewsIsOverWithItsToken() async throws {
        let integration = try await add("a")
        let user = try await temporary.user(of: account, email: "u@acme.example")
        var tokens = temporary.tokens()
        tokens.refresh = nil
        _ = try await account.store.commitLogin(
            account.makeGUID(), user: user.guid, integration: integration, integrationVersion: 1, tokens: tokens,
            at: temporary.now, noting: nil)
        let end = try #require(tokens.expiresAt)
        for (now, isOver) in [(end - .seconds(1), false), (end, true)] {
            let page = try await account.store.integrations(
                matching: .init(), PageRequest(number: 1, size: 10), at: now)
            #expect(page.elements.map(\.loggedInCount) == [isOver ? 0 : 1])
            #expect(page.elements.map(\.loginRequiredCount) == [isOver ? 1 : 0])
            let use = try await account.store.integrationUse(integration, PageRequest(number: 1, size: 10), at: now)
            #expect(use.sessions.map(\.reason) == [isOver ? OAuthSessionRecord.expired : nil])
            let profile = try #require(try await account.store.profile(user.guid, at: now))
            #expect(profile.logins.map(\.needsLogin) == [isOver ? OAuthSessionRecord.expired : nil])
        }
    }

    @Test func aTextIsLookedForInNameAndDescriptionWhateverItsCase() async throws {
        _ = try await add("Größe 100%")
        _ = try await add("second", description: "for THE Größte")
        _ = try await add("third", template: "github")
        var filter = IntegrationFilter()
        filter.text = "GRÖSS"
        #expect(try await names(filter) == [])
        filter.text = "GRÖ"
        #expect(try await names(filter) == ["Größe 100%", "second"])
        filter.text = "%"
        #expect(try await names(filter) == ["Größe 100%"])
        filter.templates = ["github"]
        #expect(try await names(filter) == ["Größe 100%", "third"])
        #expect(try await names(.init(), page: 2, size: 2) == ["third"])
    }

    @Test func oneIsReadWithItsPermissionsAlone() async throws {
        let (one, other) = (try await add("one"), try await add("other"))
        let user = try await temporary.user(of: account)
        let permission = IntegrationPermissionRecord(
            guid: account.makeGUID(), integrationGUID: one, principal: .user(user.guid))
        var record = try #require(try await account.store.integration(one))
        record.version += 1
        try await account.store.updateIntegration(
            record, permissions: [permission], endingSessions: false, revoking: false, noting: [])
        let facts = try #require(try await account.store.integrationFacts(one))
        #expect(facts.integration.version == 2 && facts.contentCount == 0)
        #expect(facts.permissions.map(\.principal) == [.user(user.guid)])
        #expect(try await account.store.integrationFacts(other)?.permissions.isEmpty == true)
        #expect(try await account.store.integrationFacts(account.makeGUID())?.integration == nil)
        let use = try await account.store.integrationUse(one, PageRequest(number: 1, size: 10), at: temporary.now)
        #expect(use.listed.map(\.label) == [user.email])
    }
}
