import Cryptography
import Storage
import Testing

@testable import Accounts

@Suite struct ContentKeyTests {
    let fixture: AccountFixture
    let owner: Publisher
    let content: ContentRecord

    init() async throws {
        fixture = try await AccountFixture()
        owner = try await fixture.publisher()
        content = try await fixture.contents.create(.init(), by: owner)
    }

    private func ask() async throws -> SecretString { try await fixture.people.contentKey(of: content, for: owner) }

    private func caller(_ key: SecretString) async throws -> Caller {
        try await fixture.people.caller(key: key, from: .system)
    }

    @Test func askingAgainGivesTheSameKey() async throws {
        let key = try await ask()
        #expect(try await ask() == key)
        #expect(APIKey.tenant(of: Array(key.reveal().utf8)) == fixture.account.fingerprint)
        let caller = try await caller(key)
        #expect(caller.user.guid == owner.caller.user.guid)
        #expect(caller.contentGUID == content.guid)
        #expect(caller.role == .publisher)
    }

    @Test func manyWhoAskAtOnceGetOneKey() async throws {
        let keys = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { try await ask().reveal() } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(keys.count == 1)
        let listed = try await fixture.people.keys(of: owner.caller)
        #expect(listed.filter { $0.contentGUID == content.guid }.count == 1)
    }

    @Test func theOwnerSeesItAndDeletingItMakesAnother() async throws {
        let key = try await ask()
        let listed = try await fixture.people.keys(of: owner.caller)
        let shown = try #require(listed.first { $0.contentGUID == content.guid })
        #expect(shown.name == "content \(content.name)")
        #expect(key.reveal().hasSuffix(shown.hint))
        try await fixture.people.deleteKey(shown.id, of: owner.caller)
        await #expect(performing: { try await caller(key) }, throws: Refusal.isCode(.authenticationRequired))
        let next = try await ask()
        #expect(next != key)
        _ = try await caller(next)
    }

    @Test func itFollowsTheContentToItsNewOwner() async throws {
        let key = try await ask()
        let heir = try await fixture.publisher("hal@acme.example")
        var fields = Contents.Fields()
        fields.ownerGUID = heir.caller.user.guid
        fields.name = "renamed"
        _ = try await fixture.contents.update(content.guid, fields, by: owner)
        #expect(try await caller(key).user.guid == heir.caller.user.guid)
        #expect(try await fixture.people.keys(of: owner.caller).contains { $0.contentGUID != nil } == false)
        #expect(try await fixture.people.keys(of: heir.caller).contains { $0.name == "content renamed" })
    }

    @Test func itIsRefusedByEveryProof() async throws {
        let own = try await caller(try await ask())
        for proof in [
            { _ = try Reader(own) }, { _ = try Person(own) }, { _ = try PublisherReader(own) },
            { _ = try AdministratorReader(own) }, { _ = try ContentEditor(own) }, { _ = try Publisher(own) },
            { _ = try Administrator(own) },
        ] as [() throws -> Void] {
            #expect(performing: proof, throws: Refusal.isCode(.permissionDenied))
        }
        #expect(try await fixture.contents.content(content.guid, for: own).guid == content.guid)
    }

    @Test func itDiesWithTheLockAndWithTheContent() async throws {
        let key = try await ask()
        let user = owner.caller.user.guid
        _ = try await fixture.people.setLocked(true, user: user, by: fixture.admin)
        await #expect(performing: { try await caller(key) }, throws: Refusal.isCode(.userLocked))
        _ = try await fixture.people.setLocked(false, user: user, by: fixture.admin)
        try await fixture.contents.delete(content.guid, by: owner)
        await #expect(performing: { try await caller(key) }, throws: Refusal.isCode(.authenticationRequired))
    }

    @Test func twoContentsHaveTwoKeys() async throws {
        let other = try await fixture.contents.create(.init(), by: owner)
        let keys = [try await ask(), try await fixture.people.contentKey(of: other, for: owner)]
        #expect(keys[0] != keys[1])
        #expect(try await caller(keys[1]).contentGUID == other.guid)
    }
}
