import GRDB
import Testing

@testable import Storage

@Suite struct GroupStoreTests {
    let temporary: TemporaryFolder
    let account: OpenAccount
    let whole = PageRequest(number: 1, size: 100)

    init() throws {
        temporary = try TemporaryFolder()
        account = try temporary.open("acme")
    }

    private func group(_ name: String) async throws -> GUID {
        let group = GroupRecord(
            guid: account.makeGUID(), name: name, ownerGUID: nil, createdAt: temporary.now, updatedAt: temporary.now)
        return try await account.store.addGroup(group, noting: nil).guid
    }

    private func put(_ inner: GUID, in outer: GUID) async throws -> MemberAddition {
        try await account.store.addMember(.group(inner), to: outer, noting: nil)
    }

    @Test func aGroupIsNotInItselfThroughNoNumberOfHops() async throws {
        let (one, two, three) = (try await group("one"), try await group("two"), try await group("three"))
        #expect(try await put(one, in: one) == .cycle)
        #expect(try await put(two, in: one) == .done)
        #expect(try await put(one, in: two) == .cycle)
        #expect(try await put(three, in: two) == .done)
        #expect(try await put(one, in: three) == .cycle)
        #expect(try await put(three, in: one) == .done, "a second way to the same group is no circle")
    }

    @Test func ofTwoChangesAtTheSameTimeTheSecondIsToldSo() async throws {
        let guid = try await group("one")
        let old = try #require(try await account.store.group(guid))
        var (renamed, again) = (old, old)
        renamed.name = "two"
        again.name = "three"
        let first = renamed
        try await account.store.updateGroup(first, from: old, noting: nil)
        let late = again
        await #expect(
            performing: { try await account.store.updateGroup(late, from: old, noting: nil) },
            throws: { ($0 as? StoreError)?.code == .stale })
        #expect(try await account.store.group(guid)?.name == "two")
    }

    @Test func ofTwoAdditionsThatCloseACircleTogetherOneIsRefused() async throws {
        let (one, two) = (try await group("one"), try await group("two"))
        let store = account.store
        async let first = store.addMember(.group(two), to: one, noting: nil)
        async let second = store.addMember(.group(one), to: two, noting: nil)
        let outcomes = try await [first, second]
        #expect(outcomes.filter { $0 == .done }.count == 1)
        #expect(outcomes.filter { $0 == .cycle }.count == 1)
    }

    @Test func aChainHasTenGroupsAtMostWhereverItIsExtended() async throws {
        var chain: [GUID] = []
        for number in 1...12 { chain.append(try await group("group \(number)")) }
        for number in 1..<10 { #expect(try await put(chain[number], in: chain[number - 1]) == .done) }
        #expect(try await put(chain[10], in: chain[9]) == .tooDeep, "below")
        #expect(try await put(chain[0], in: chain[10]) == .tooDeep, "above")
        #expect(try await put(chain[11], in: chain[10]) == .done)
        #expect(try await put(chain[10], in: chain[8]) == .tooDeep, "two short chains make a long one")
        #expect(try await put(chain[11], in: chain[8]) == .done)
    }

    @Test func aUserIsInAllGroupsOnTheWayUp() async throws {
        let (inner, outer, other) = (try await group("inner"), try await group("outer"), try await group("other"))
        let user = try await temporary.user(of: account).guid
        #expect(try await put(inner, in: outer) == .done)
        #expect(try await account.store.addMember(.user(user), to: inner, noting: nil) == .done)
        #expect(try await account.store.addMember(.user(user), to: inner, noting: nil) == .done, "a second time")
        #expect(try await account.store.groups(ofUser: user) == [inner, outer])
        #expect(try await account.store.members(of: inner, only: nil, whole).elements.map(\.guid) == [user])
        #expect(try await account.store.members(of: outer, only: nil, whole).total == 0, "direct members alone")
        #expect(try await account.store.memberGroups(of: outer).map(\.guid) == [inner])
        #expect(try await account.store.removeMember(inner, from: outer, noting: nil))
        #expect(try await account.store.groups(ofUser: user) == [inner])
        #expect(try await !account.store.removeMember(user, from: other, noting: nil))
    }

    @Test func whoIsNotThereCannotBeAdded() async throws {
        let one = try await group("one")
        #expect(try await account.store.addMember(.user(account.makeGUID()), to: one, noting: nil) == .unknown)
        #expect(try await put(account.makeGUID(), in: one) == .unknown)
        await #expect { try await put(one, in: account.makeGUID()) } throws: { ($0 as? StoreError)?.code == .notFound }
        let user = try await temporary.user(of: account).guid
        let principals: [Principal] = [.user(user), .group(user), .group(one), .user(one)]
        #expect(try await account.store.unknown(among: principals) == [.group(user), .user(one)])
    }

    @Test(arguments: [("Ärzte", "ÄRZTE"), ("Sales", "sales")])
    func namesDifferInMoreThanCase(_ first: String, _ second: String) async throws {
        let guid = try await group(first)
        await #expect { try await group(second) } throws: {
            ($0 as? StoreError)?.code == .conflict("folded_name")
        }
        #expect(try await account.store.group(name: second)?.guid == guid)
        #expect(
            try await account.store.groups(prefix: String(second.prefix(2)), with: nil, whole).elements.map(\.guid) == [
                guid
            ])
    }

    @Test func aPrefixIsNoPatternAndPagesAreByName() async throws {
        for name in ["b%", "a_1", "ab", "A1", "c"] { _ = try await group(name) }
        func names(_ prefix: String, _ page: PageRequest) async throws -> [String] {
            try await account.store.groups(prefix: prefix, with: nil, page).elements.map(\.name)
        }
        #expect(try await names("a", whole) == ["A1", "a_1", "ab"])
        #expect(try await names("%", whole).isEmpty)
        #expect(try await names("a_", whole) == ["a_1"])
        #expect(try await names("", PageRequest(number: 2, size: 2)) == ["ab", "b%"])
        #expect(try await account.store.groups(prefix: "a", with: nil, PageRequest(number: 9, size: 1)).total == 3)
    }

    @Test func removingTheLastOfAnIntegrationWouldOpenItAndIsRefused() async throws {
        let (sales, other) = (try await group("sales"), try await group("other"))
        let user = try await temporary.user(of: account).guid
        var integration = try await temporary.integration(of: account)
        func limit(to principals: [Principal]) async throws {
            integration.version += 1
            let permissions = principals.map {
                IntegrationPermissionRecord(
                    guid: account.makeGUID(), integrationGUID: integration.guid, principal: $0)
            }
            try await account.store.updateIntegration(
                integration, permissions: permissions, endingSessions: false, revoking: false, noting: [])
        }
        try await limit(to: [.group(sales)])
        #expect(try await account.store.removeGroup(sales, noting: nil) == .lastOfIntegration(integration.guid))
        #expect(try await account.store.integrationPermissions().map(\.principal) == [.group(sales)])
        #expect(try await account.store.removeGroup(other, noting: nil) == .done)
        try await limit(to: [.group(sales), .user(user)])
        #expect(try await account.store.removeGroup(sales, noting: nil) == .done)
        #expect(try await account.store.integrationPermissions().map(\.principal) == [.user(user)])
    }

    @Test func changesOfMembershipAreChangesOfRights() async throws {
        let (one, two) = (try await group("one"), try await group("two"))
        let user = try await temporary.user(of: account).guid
        var before = account.changes.current
        let changes: [@Sendable () async throws -> Void] = [
            { [account] in _ = try await account.store.addMember(.user(user), to: one, noting: nil) },
            { [account] in _ = try await account.store.addMember(.group(one), to: two, noting: nil) },
            { [account] in _ = try await account.store.removeMember(one, from: two, noting: nil) },
            { [account] in _ = try await account.store.removeGroup(one, noting: nil) },
        ]
        for change in changes {
            try await change()
            #expect(account.changes.current > before)
            before = account.changes.current
        }
    }
}
