import JSON
import Storage
import Testing

@testable import Accounts

@Suite struct ProofTests {
    let fixture: AccountFixture
    let owner: Publisher
    let content: ContentRecord

    init() async throws {
        fixture = try await AccountFixture()
        owner = try await fixture.publisher()
        content = try await fixture.contents.create(.init(), by: owner)
    }

    /// Somebody whose key a content holds for an hour.
    private func visitor(_ user: UserRecord, allowsChanges: Bool) async throws -> Caller {
        let visit = VisitorKeyOrigin(
            contentGUID: content.guid, integrationGUID: fixture.account.makeGUID(), contentName: "dashboard",
            allowsChanges: allowsChanges)
        var key = APIKeyRecord(
            userGUID: user.guid, name: "visitor", role: user.role, hint: "h", visitor: visit,
            createdAt: fixture.time.now)
        // Each write makes sure that the key still stands. The operator is no user, so there is no row for theirs.
        if user.username != "operator" {
            let plain = APIKeyRecord(
                userGUID: user.guid, name: "visitor", role: user.role, hint: "h", createdAt: fixture.time.now)
            let hash = APIKey.hash(APIKey.make(for: fixture.account.fingerprint))
            key.id = try await fixture.account.store.addKey(plain, hash: hash, noting: nil).id
        }
        return Caller(user: user, key: key, origin: .system)
    }

    @Test(arguments: [false, true]) func aVisitorsKeyReadsByItsRoleAndHasNoProofOfAPerson(allowsChanges: Bool)
        async throws
    {
        let caller = try await visitor(fixture.admin.caller.user, allowsChanges: allowsChanges)
        _ = try Reader(caller)
        _ = try PublisherReader(caller)
        _ = try AdministratorReader(caller)
        for proof in [
            { _ = try Person(caller) }, { _ = try Publisher(caller) }, { _ = try Administrator(caller) },
        ] as [() throws -> Void] {
            #expect(performing: proof, throws: Refusal.isCode(.permissionDenied))
        }
    }

    @Test func onlyWithTheOptionAVisitorsKeyEditsAndOnlyWhatTheVisitorOwns() async throws {
        let user = owner.caller.user
        let reader = try await visitor(user, allowsChanges: false)
        #expect(performing: { try ContentEditor(reader) }, throws: Refusal.isCode(.permissionDenied))
        let editor = try ContentEditor(try await visitor(user, allowsChanges: true))
        var fields = Contents.Fields()
        fields.title = "new"
        let given = fields
        #expect(try await fixture.contents.update(content.guid, given, by: editor).title == "new")
        // An administrator may change it, and so may a co-owner: neither by a key that content holds.
        let admin = try ContentEditor(try await visitor(fixture.admin.caller.user, allowsChanges: true))
        let other = try await fixture.publisher("olga@acme.example").caller.user
        _ = try await fixture.contents.permit(.user(other.guid), .owner, on: content.guid, by: owner)
        let coOwner = try ContentEditor(try await visitor(other, allowsChanges: true))
        for stranger in [admin, coOwner] {
            await #expect(
                performing: { try await fixture.contents.update(content.guid, given, by: stranger) },
                throws: Refusal.isCode(.permissionDenied))
        }
    }

    @Test func aVisitorsKeyChangesWhoMayViewAndNoOwner() async throws {
        let editor = try ContentEditor(try await visitor(owner.caller.user, allowsChanges: true))
        let (olga, vic) = (
            try await fixture.publisher("olga@acme.example").caller.user,
            try await fixture.invite("vic@acme.example", .viewer).user
        )
        let viewer = try await fixture.contents.permit(.user(vic.guid), .viewer, on: content.guid, by: editor)
        let coOwner = try await fixture.contents.permit(.user(olga.guid), .owner, on: content.guid, by: owner)
        var gift = Contents.Fields()
        gift.ownerGUID = olga.guid
        let given = gift
        for change in [
            { _ = try await fixture.contents.permit(.user(vic.guid), .owner, on: content.guid, by: editor) },
            { _ = try await fixture.contents.permit(.user(olga.guid), .viewer, on: content.guid, by: editor) },
            {
                _ = try await fixture.contents.change(
                    .id(coOwner.id), of: content.guid, naming: nil, to: .viewer, by: editor)
            },
            {
                _ = try await fixture.contents.change(
                    .id(viewer.id), of: content.guid, naming: nil, to: .owner, by: editor)
            },
            { try await fixture.contents.forbid(.id(coOwner.id), on: content.guid, by: editor) },
            { _ = try await fixture.contents.update(content.guid, given, by: editor) },
        ] as [() async throws -> Void] {
            await #expect(performing: { try await change() }, throws: Refusal.isCode(.permissionDenied))
        }
        try await fixture.contents.forbid(.id(viewer.id), on: content.guid, by: editor)
    }

    @Test func whatContentDidNamesTheContentAndTheVisitor() async throws {
        let editor = try ContentEditor(try await visitor(owner.caller.user, allowsChanges: true))
        let event = editor.event(.contentUpdated, at: fixture.time.now, content: content.guid)
        #expect(event.actor == EventActor(kind: .content, guid: content.guid, name: "dashboard"))
        #expect(event.details["user_guid"]?.stringValue == owner.caller.user.guid.description)
    }
}
