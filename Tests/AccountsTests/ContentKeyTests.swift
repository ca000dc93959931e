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

    private func ask() async throws -> SecretString {
        try await fixture.people.contentKey(of: content, for: owner).key
    }

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

    @Test func itFollowsTheContentToItsNewOwnerWhileTheOldOneMayEdit() async throws {
        let key = try await ask()
        let heir = try await fixture.publisher("hal@acme.example")
        _ = try await fixture.contents.permit(.user(owner.caller.user.guid), .owner, on: content.guid, by: owner)
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

    @Test func itDiesWithTheContent() async throws {
        let key = try await ask()
        try await fixture.contents.delete(content.guid, by: owner)
        await #expect(performing: { try await caller(key) }, throws: Refusal.isCode(.authenticationRequired))
    }

    /// What takes the right to edit the content from somebody.
    enum Loss: CaseIterable {
        case unlisted, madeViewer, leftGroup, leftInnerGroup, innerGroupTakenOut, groupDeleted, groupUnlisted
        case locked, demoted, administratorLocked, administratorDemoted, givenAway
    }

    @Test(arguments: Loss.allCases) func itEndsWhenSomebodyMayNotEditAnyMore(_ loss: Loss) async throws {
        let (contents, groups, people) = (fixture.contents, fixture.groups, fixture.people)
        let leaver = try await fixture.publisher("lea@acme.example").caller.user.guid
        let ada = try await fixture.invite("ada@acme.example", .administrator).user.guid
        _ = try await fixture.invite("bea@acme.example", .administrator)
        let (inner, outer) = (try await group("inner"), try await group("outer"))
        try await groups.add(.group(inner), to: outer, by: owner)
        let principal: Principal
        switch loss {
        case .leftGroup, .groupDeleted, .groupUnlisted:
            principal = .group(outer)
            try await groups.add(.user(leaver), to: outer, by: owner)
        case .leftInnerGroup, .innerGroupTakenOut:
            principal = .group(outer)
            try await groups.add(.user(leaver), to: inner, by: owner)
        default: principal = .user(leaver)
        }
        let listed = try await contents.permit(principal, .owner, on: content.guid, by: owner)
        let key = try await ask()
        _ = try await caller(key)
        var fields = People.Fields()
        fields.role = .viewer
        var gift = Contents.Fields()
        gift.ownerGUID = leaver
        switch loss {
        case .unlisted, .groupUnlisted: try await contents.forbid(.id(listed.id), on: content.guid, by: owner)
        case .madeViewer: _ = try await contents.permit(principal, .viewer, on: content.guid, by: owner)
        case .leftGroup: try await groups.remove(leaver, from: outer, by: owner.caller)
        case .leftInnerGroup: try await groups.remove(leaver, from: inner, by: owner.caller)
        case .innerGroupTakenOut: try await groups.remove(inner, from: outer, by: owner.caller)
        case .groupDeleted: try await groups.delete(outer, by: owner)
        case .locked: _ = try await people.setLocked(true, user: leaver, by: fixture.admin)
        case .demoted: _ = try await people.update(leaver, fields, by: fixture.admin.caller)
        case .administratorLocked: _ = try await people.setLocked(true, user: ada, by: fixture.admin)
        case .administratorDemoted:
            fields.role = .publisher
            _ = try await people.update(ada, fields, by: fixture.admin.caller)
        case .givenAway: _ = try await contents.update(content.guid, gift, by: owner)
        }
        await #expect(performing: { try await caller(key) }, throws: Refusal.isCode(.authenticationRequired))
        let admin = try Publisher(fixture.admin.caller)
        let next = try await people.contentKey(of: content, for: admin).key
        #expect(next != key)
        #expect(try await caller(next).contentGUID == content.guid)
    }

    @Test func itStaysWhenEverybodyMayEditAsBefore() async throws {
        let (contents, groups, people) = (fixture.contents, fixture.groups, fixture.people)
        let (olga, vic) = (
            try await fixture.publisher("olga@acme.example").caller.user.guid,
            try await fixture.invite("vic@acme.example", .viewer).user.guid
        )
        _ = try await fixture.invite("ada@acme.example", .administrator)
        let guid = try await group("sales")
        for user in [olga, vic] { try await groups.add(.user(user), to: guid, by: owner) }
        let viewer = try await contents.permit(.user(vic), .viewer, on: content.guid, by: owner)
        _ = try await contents.permit(.group(guid), .owner, on: content.guid, by: owner)
        _ = try await contents.permit(.user(olga), .owner, on: content.guid, by: owner)
        let key = try await ask()
        // In the group is a viewer, who may not edit; a publisher, who is listed besides; and the list has a viewer.
        try await groups.remove(vic, from: guid, by: owner.caller)
        try await groups.remove(olga, from: guid, by: owner.caller)
        try await contents.forbid(.id(viewer.id), on: content.guid, by: owner)
        _ = try await people.setLocked(true, user: vic, by: fixture.admin)
        var fields = People.Fields()
        fields.role = .administrator
        _ = try await people.update(olga, fields, by: fixture.admin.caller)
        fields.role = .publisher
        _ = try await people.update(olga, fields, by: fixture.admin.caller)
        var name = Contents.Fields()
        name.name = "renamed"
        _ = try await contents.update(content.guid, name, by: owner)
        _ = try await caller(key)
        #expect(try await ask() == key)
    }

    @Test func itStaysWhenAGroupEndsWhosePeopleAreInAnother() async throws {
        let people = [
            try await fixture.publisher("olga@acme.example"), try await fixture.publisher("otto@acme.example"),
        ]
        let (first, second) = (try await group("sales"), try await group("marketing"))
        for guid in [first, second] {
            for person in people { try await fixture.groups.add(.user(person.caller.user.guid), to: guid, by: owner) }
            _ = try await fixture.contents.permit(.group(guid), .owner, on: content.guid, by: owner)
        }
        let key = try await ask()
        try await fixture.groups.delete(first, by: owner)
        _ = try await caller(key)
        try await fixture.groups.remove(people[1].caller.user.guid, from: second, by: owner.caller)
        await #expect(performing: { try await caller(key) }, throws: Refusal.isCode(.authenticationRequired))
    }

    @Test func otherContentKeepsItsKeyAndTheAuditSaysWhy() async throws {
        let leaver = try await fixture.publisher("lea@acme.example").caller.user.guid
        let other = try await fixture.contents.create(.init(), by: owner)
        let kept = try await fixture.people.contentKey(of: other, for: owner).key
        let listed = try await fixture.contents.permit(.user(leaver), .owner, on: content.guid, by: owner)
        let key = try await ask()
        try await fixture.contents.forbid(.id(listed.id), on: content.guid, by: owner)
        _ = try await caller(kept)
        await #expect(performing: { try await caller(key) }, throws: Refusal.isCode(.authenticationRequired))
        let page = try await fixture.account.store.auditPage(
            AuditFilter(), at: nil, ascending: false, limit: 2, upTo: nil)
        #expect(page.lines.map(\.event.action) == [.keyDeleted, .permissionRemoved])
        #expect(page.lines.first?.event.content == content.guid)
    }

    @Test func whoLostTheRightSinceTheRequestBeganIsRefusedItsAnswer() async throws {
        let premises = owner.change(.runtimeRead, of: content.guid, at: fixture.time.now).premises
        try await fixture.account.require(premises, at: fixture.time.now)
        _ = try await fixture.people.setLocked(true, user: owner.caller.user.guid, by: fixture.admin)
        await #expect(
            performing: { try await fixture.account.require(premises, at: fixture.time.now) },
            throws: Refusal.isCode(.userLocked))
        _ = try await fixture.people.setLocked(false, user: owner.caller.user.guid, by: fixture.admin)
        var fields = People.Fields()
        fields.role = .viewer
        _ = try await fixture.people.update(owner.caller.user.guid, fields, by: fixture.admin.caller)
        await #expect(
            performing: { try await fixture.account.require(premises, at: fixture.time.now) },
            throws: Refusal.isCode(.permissionDenied))
    }

    private func group(_ name: String) async throws -> GUID {
        var fields = Groups.Fields()
        fields.name = name
        return try await fixture.groups.create(fields, by: owner).guid
    }

    @Test func twoContentsHaveTwoKeys() async throws {
        let other = try await fixture.contents.create(.init(), by: owner)
        let keys = [try await ask(), try await fixture.people.contentKey(of: other, for: owner).key]
        #expect(keys[0] != keys[1])
        #expect(try await caller(keys[1]).contentGUID == other.guid)
    }
}
