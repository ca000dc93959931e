import Storage
import Testing

@testable import Accounts

@Suite struct GroupsTests {
    let fixture: AccountFixture
    let owner: Publisher
    let whole = PageRequest(number: 1, size: 100)

    init() async throws {
        fixture = try await AccountFixture()
        owner = try await fixture.publisher()
    }

    private func group(_ name: String) async throws -> GUID {
        var fields = Groups.Fields()
        fields.name = name
        return try await fixture.groups.create(fields, by: owner).guid
    }

    private func content(_ publisher: Publisher) async throws -> ContentRecord {
        try await fixture.contents.create(Contents.Fields(), by: publisher)
    }

    private func caller(_ user: UserRecord) -> Caller { Caller(user: user, origin: .system) }

    private func sees(_ user: UserRecord, _ content: ContentRecord) async throws -> Bool {
        try await fixture.contents.all(for: caller(user)).map(\.guid).contains(content.guid)
    }

    @Test func onlyItsOwnerAndAdministratorsChangeAGroup() async throws {
        let guid = try await group("sales")
        let other = try await fixture.publisher("olga@acme.example")
        let vic = try await fixture.invite("vic@acme.example", .viewer).user
        var fields = Groups.Fields()
        fields.name = "marketing"
        let renamed = fields
        for change in [
            { _ = try await fixture.groups.update(guid, renamed, by: other) },
            { try await fixture.groups.add(.user(vic.guid), to: guid, by: other) },
            { try await fixture.groups.remove(vic.guid, from: guid, by: other.caller) },
            { try await fixture.groups.delete(guid, by: other) },
        ] as [() async throws -> Void] {
            await #expect(performing: { try await change() }, throws: Refusal.isCode(.permissionDenied))
        }
        #expect(try await fixture.groups.group(guid, for: other.caller).name == "sales")
        let admin = try Publisher(fixture.admin.caller)
        #expect(try await fixture.groups.update(guid, renamed, by: admin).name == "marketing")
        try await fixture.groups.add(.user(vic.guid), to: guid, by: owner)
        #expect(try await fixture.groups.members(of: guid, whole, for: other.caller).elements.map(\.guid) == [vic.guid])
    }

    @Test func anybodyMayLeaveAGroupAndNobodyPutsThemselvesIn() async throws {
        let guid = try await group("sales")
        let vic = try await fixture.invite("vic@acme.example", .viewer).user
        let eve = try await fixture.invite("eve@acme.example", .viewer).user
        try await fixture.groups.add(.user(vic.guid), to: guid, by: owner)
        await #expect(
            performing: { try await fixture.groups.remove(vic.guid, from: guid, by: caller(eve)) },
            throws: Refusal.isCode(.permissionDenied))
        try await fixture.groups.remove(vic.guid, from: guid, by: caller(vic))
        #expect(try await fixture.groups.members(of: guid, whole, for: owner.caller).total == 0)
        await #expect(
            performing: { try await fixture.groups.remove(vic.guid, from: guid, by: caller(vic)) },
            throws: Refusal.isCode(.objectDoesNotExist))
    }

    @Test func theOwnerOfAGroupIsAPublisherWhoCanAct() async throws {
        let guid = try await group("sales")
        let vic = try await fixture.invite("vic@acme.example", .viewer).user
        let lou = try await fixture.publisher("lou@acme.example").caller.user
        _ = try await fixture.people.setLocked(true, user: lou.guid, by: fixture.admin)
        for nobody in [vic.guid, lou.guid, fixture.account.makeGUID()] {
            var fields = Groups.Fields()
            fields.ownerGUID = nobody
            await #expect { try await fixture.groups.update(guid, fields, by: owner) } throws: {
                ($0 as? Refusal)?.field == "owner_guid"
            }
        }
    }

    @Test func whoIsInAListedGroupMayOpenUntilTheyAreTakenOut() async throws {
        let (inner, outer) = (try await group("inner"), try await group("outer"))
        let content = try await content(owner)
        let vic = try await fixture.invite("vic@acme.example", .viewer).user
        try await fixture.groups.add(.group(inner), to: outer, by: owner)
        try await fixture.groups.add(.user(vic.guid), to: inner, by: owner)
        #expect(try await !sees(vic, content))
        let permission = try await fixture.contents.permit(.group(outer), .viewer, on: content.guid, by: owner)
        #expect(try await sees(vic, content))
        #expect(try await fixture.contents.content(content.guid, for: caller(vic)).guid == content.guid)
        try await fixture.groups.remove(inner, from: outer, by: owner.caller)
        #expect(try await !sees(vic, content))
        try await fixture.groups.add(.group(inner), to: outer, by: owner)
        #expect(try await sees(vic, content))
        try await fixture.contents.forbid(.id(permission.id), on: content.guid, by: owner)
        #expect(try await !sees(vic, content))
    }

    @Test func ofAGroupThatOwnsContentThePublishersChangeItAndTheViewersOpenIt() async throws {
        let guid = try await group("editors")
        let content = try await content(owner)
        let olga = try await fixture.publisher("olga@acme.example")
        let vic = try await fixture.invite("vic@acme.example", .viewer).user
        _ = try await fixture.contents.permit(.group(guid), .owner, on: content.guid, by: owner)
        for member in [olga.caller.user.guid, vic.guid] {
            try await fixture.groups.add(.user(member), to: guid, by: owner)
        }
        #expect(try await fixture.contents.update(content.guid, Contents.Fields(), by: olga).guid == content.guid)
        #expect(try await fixture.contents.editableGUIDs(among: [content], by: olga.caller) == [content.guid])
        #expect(try await sees(vic, content))
        #expect(try await fixture.contents.editableGUIDs(among: [content], by: caller(vic)).isEmpty)
        await #expect(
            performing: { try await fixture.contents.editable(content.guid, by: caller(vic)) },
            throws: Refusal.isCode(.permissionDenied))
        _ = try await fixture.contents.permit(.group(guid), .viewer, on: content.guid, by: owner)
        #expect(try await fixture.contents.permissions(of: content.guid, for: owner).count == 1, "the same permission")
        await #expect(
            performing: { try await fixture.contents.update(content.guid, Contents.Fields(), by: olga) },
            throws: Refusal.isCode(.permissionDenied))
    }

    @Test func aPermissionIsFoundByItsIdOrByWhomItNamesAndIsNotGivenOn() async throws {
        let guid = try await group("sales")
        let content = try await content(owner)
        let permission = try await fixture.contents.permit(.group(guid), .viewer, on: content.guid, by: owner)
        for choice in [PermissionChoice.id(permission.id), .principal(guid)] {
            #expect(try await fixture.contents.permission(choice, of: content.guid, for: owner) == permission)
        }
        await #expect {
            try await fixture.contents.change(
                .id(permission.id), of: content.guid, naming: .user(owner.caller.user.guid), to: .owner, by: owner)
        } throws: {
            ($0 as? Refusal)?.field == "principal_guid"
        }
        let changed = try await fixture.contents.change(
            .principal(guid), of: content.guid, naming: nil, to: .owner, by: owner)
        #expect(changed.id == permission.id && changed.level == .owner)
        #expect(try await fixture.contents.permissions(of: content.guid, for: owner) == [changed])
    }

    @Test func aKeyThatIsForOneContentMakesAndChangesNoGroup() async throws {
        let guid = try await group("sales")
        let content = try await content(owner)
        let key = APIKeyRecord(
            userGUID: owner.caller.user.guid, name: "k", role: .publisher, hint: "h", contentGUID: content.guid,
            createdAt: fixture.time.now)
        let narrow = Caller(user: owner.caller.user, key: key, origin: .system)
        #expect(performing: { try Publisher(narrow) }, throws: Refusal.isCode(.permissionDenied))
        await #expect(
            performing: { try await fixture.groups.remove(owner.caller.user.guid, from: guid, by: narrow) },
            throws: Refusal.isCode(.permissionDenied))
    }

    @Test func aManifestsListOfMembersIsTheWholeList() async throws {
        let (guid, inner) = (try await group("sales"), try await group("inner"))
        let vic = try await fixture.invite("vic@acme.example", .viewer).user.guid
        let eve = try await fixture.invite("eve@acme.example", .viewer).user.guid
        try await fixture.groups.add(.user(vic), to: guid, by: owner)
        try await fixture.groups.add(.group(inner), to: guid, by: owner)
        #expect(try await fixture.groups.setMembers([eve], of: guid, by: fixture.admin) == 2)
        #expect(try await fixture.groups.setMembers([eve], of: guid, by: fixture.admin) == 0)
        #expect(try await fixture.groups.members(of: guid, whole, for: owner.caller).elements.map(\.guid) == [eve])
        #expect(try await fixture.groups.memberGroups(of: guid, for: owner.caller).map(\.guid) == [inner])
    }
}
