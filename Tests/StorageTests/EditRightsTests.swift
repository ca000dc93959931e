import Cryptography
import GRDB
import Testing

@testable import Storage

@Suite struct EditRightsTests {
    let temporary: TemporaryFolder
    let account: OpenAccount

    init() throws {
        temporary = try TemporaryFolder()
        account = try temporary.open("acme")
    }

    /// A content with a key, that everybody in a group may edit.
    private func content(editableBy group: GUID, owner: UserRecord) async throws -> GUID {
        let guid = account.makeGUID()
        _ = try await account.store.addContent(
            ContentRecord(
                guid: guid, ownerGUID: owner.guid, name: "content-\(guid)", title: "", description: "",
                accessType: .acl, upstreamURL: nil, createdAt: temporary.now, updatedAt: temporary.now),
            noting: nil)
        _ = try await account.store.setPermission(
            ContentPermissionRecord(contentGUID: guid, principal: .group(group), level: .owner), noting: nil)
        _ = try await account.store.addContentKey(
            ContentKeyRecord(
                contentGUID: guid, role: .publisher, hint: "abcd", hash: SHA256.hash(guid.description), salt: [1],
                createdAt: temporary.now),
            noting: nil)
        return guid
    }

    private func group(_ name: String, of members: [Principal]) async throws -> GUID {
        let group = try await account.store.addGroup(
            GroupRecord(
                guid: account.makeGUID(), name: name, ownerGUID: nil, createdAt: temporary.now,
                updatedAt: temporary.now),
            noting: nil
        ).guid
        for member in members { _ = try await account.store.addMember(member, to: group, noting: nil) }
        return group
    }

    /// Of what a group may edit, that is lost which one of its people may not edit in another way.
    @Test func whatEverybodyMayEditInAnotherWayIsNotLost() async throws {
        let owner = try await temporary.user(of: account, role: .publisher)
        let mia = try await temporary.user(of: account, email: "mia@acme.example", role: .publisher)
        let admin = try await temporary.user(of: account, email: "ada@acme.example", role: .administrator)
        let inner = try await group("inner", of: [.user(mia.guid), .user(owner.guid), .user(admin.guid)])
        let (sales, other) = (
            try await group("sales", of: [.group(inner)]), try await group("other", of: [.group(inner)])
        )
        let lost = try await content(editableBy: sales, owner: owner)
        let named = try await content(editableBy: sales, owner: owner)
        let shared = try await content(editableBy: sales, owner: owner)
        for permission in [
            ContentPermissionRecord(contentGUID: named, principal: .user(mia.guid), level: .owner),
            ContentPermissionRecord(contentGUID: shared, principal: .group(other), level: .owner),
        ] {
            _ = try await account.store.setPermission(permission, noting: nil)
        }
        let store = try #require(account.store as? SQLiteStore)
        let before = try await store.read { db in
            let rights = try #require(try EditRights(.principal(inner), in: db))
            #expect(try rights.lost(in: db).isEmpty)
            return rights
        }
        _ = try await account.store.removeMember(inner, from: sales, noting: nil)
        #expect(try await store.read { try before.lost(in: $0) } == [lost.description])
    }

    /// Who is locked may edit nothing, in whatever way they could.
    @Test func whoIsLockedLosesAll() async throws {
        let owner = try await temporary.user(of: account, role: .publisher)
        let group = try await group("sales", of: [.user(owner.guid)])
        let contents = [
            try await content(editableBy: group, owner: owner), try await content(editableBy: group, owner: owner),
        ]
        let store = try #require(account.store as? SQLiteStore)
        let before = try await store.read { db in
            #expect(try EditRights(.kept, in: db) == nil)
            return try #require(try EditRights(.principal(group), in: db))
        }
        try await store.write(.nothing) { try $0.execute(sql: "UPDATE user SET locked = 1") }
        #expect(try await store.read { try before.lost(in: $0) } == contents.map(\.description).sorted())
    }
}
