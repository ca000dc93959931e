import Cryptography
import Testing

@testable import Storage

@Suite struct QuotaTests {
    let temporary: TemporaryFolder

    init() throws { temporary = try TemporaryFolder() }

    private static func content(
        _ name: String, of account: OpenAccount, _ owner: UserRecord
    ) async throws -> ContentRecord {
        let now = owner.createdAt
        return try await account.store.addContent(
            ContentRecord(
                guid: account.makeGUID(), ownerGUID: owner.guid, name: name, title: "", description: "",
                accessType: .acl, upstreamURL: nil, createdAt: now, updatedAt: now), noting: nil)
    }

    private static func code(_ verb: () async throws -> Void) async -> StoreError.Code? {
        do {
            try await verb()
            return nil
        } catch { return (error as? StoreError)?.code }
    }

    private func variables(_ names: String...) -> [EnvironmentVariableRecord] {
        names.map { EnvironmentVariableRecord(name: $0, sealedValue: [1]) }
    }

    @Test func ofTenAtOnceAsManyAreAddedAsThereIsRoom() async throws {
        let account = try temporary.open("acme", quotas: Quotas([.contents: 3]))
        let owner = try await temporary.user(of: account, role: .publisher)
        let codes = await withTaskGroup(of: StoreError.Code?.self) { group in
            for number in 0..<10 {
                group.addTask {
                    await Self.code { _ = try await Self.content("content-\(number)", of: account, owner) }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count { $0 == nil } == 3)
        #expect(codes.count { $0 == .quota(.contents, limit: 3) } == 7)
        #expect(try await account.store.contents().count == 3)
    }

    @Test func whoIsAboveALimitThatWasLoweredMayStillTakeAway() async throws {
        var account = try temporary.open("acme")
        let owner = try await temporary.user(of: account, role: .publisher)
        let guid = try await Self.content("sales", of: account, owner).guid
        try await account.store.changeEnvironmentVariables(
            of: guid, setting: variables("A", "B", "C"), removing: [], replacing: false, noting: nil)
        account = try temporary.open("acme", quotas: Quotas([.variablesPerContent: 1]))
        let store = account.store
        func change(_ set: [EnvironmentVariableRecord], _ removed: [String]) async -> StoreError.Code? {
            await Self.code {
                try await store.changeEnvironmentVariables(
                    of: guid, setting: set, removing: removed, replacing: false, noting: nil)
            }
        }
        #expect(await change(variables("A"), []) == nil, "replacing one is no more than before")
        #expect(await change([], ["C"]) == nil)
        #expect(await change(variables("D"), ["A"]) == nil)
        #expect(await change(variables("E"), []) == .quota(.variablesPerContent, limit: 1))
        #expect(try await store.environmentVariables(of: guid).map(\.name) == ["B", "D"])
    }

    @Test func theSizeOfVariablesIsThatOfNamesAndSealedValues() async throws {
        let account = try temporary.open("acme", quotas: Quotas([.variableBytesPerContent: 10]))
        let owner = try await temporary.user(of: account, role: .publisher)
        let guid = try await Self.content("sales", of: account, owner).guid
        let store = account.store
        func change(_ name: String, _ size: Int, replacing: Bool = false) async -> StoreError.Code? {
            let value = [UInt8](repeating: 1, count: size)
            return await Self.code {
                try await store.changeEnvironmentVariables(
                    of: guid, setting: [.init(name: name, sealedValue: value)], removing: [], replacing: replacing,
                    noting: nil)
            }
        }
        #expect(await change("AB", 8) == nil)
        #expect(await change("C", 1) == .quota(.variableBytesPerContent, limit: 10))
        #expect(await change("AB", 7) == nil)
        #expect(await change("C", 9, replacing: true) == nil)
        #expect(await change("C", 10) == .quota(.variableBytesPerContent, limit: 10))
        #expect(try await store.environmentVariables(of: guid).map(\.sealedValue.count) == [9])
    }

    @Test func ofSessionsTheOldestGo() async throws {
        let account = try temporary.open("acme", quotas: Quotas([.browserSessionsPerUser: 2]))
        let user = try await temporary.user(of: account)
        let other = try await temporary.user(of: account, email: "other@acme.example")
        func open(_ name: String, _ user: UserRecord) async throws {
            try await account.store.openBrowserSession(
                BrowserSessionRecord(
                    hash: SHA256.hash(name), userGUID: user.guid, expiresAt: temporary.now + .seconds(60)),
                at: temporary.now, noting: nil)
        }
        try await open("others", other)
        for name in ["1", "2", "3"] { try await open(name, user) }
        var left: [String] = []
        for name in ["others", "1", "2", "3"] {
            let found = try await account.store.browserSession(hash: SHA256.hash(name), at: temporary.now)
            if found != nil { left.append(name) }
        }
        #expect(left == ["others", "2", "3"])
    }

    @Test func everyQuotaHasALimitAndCountsItsTable() async throws {
        let account = try temporary.open("acme", quotas: Quotas([.webhooks: 1]))
        for quota in Quota.allCases { #expect(Quotas()[quota] == quota.usual && quota.usual > 0) }
        func webhook() async throws {
            _ = try await account.store.addWebhook(
                WebhookRecord(
                    guid: account.makeGUID(), url: "x", description: "", events: [], isEnabled: true,
                    sealedSecret: [], createdAt: temporary.now, updatedAt: temporary.now), noting: nil)
        }
        try await webhook()
        #expect(await Self.code { try await webhook() } == .quota(.webhooks, limit: 1))
    }
}
