import Cryptography
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
                guid: guid, ownerGUID: owner.guid, name: "sales", title: "", description: "", accessType: .acl,
                upstreamURL: nil, createdAt: temporary.now, updatedAt: temporary.now),
            noting: nil)
        _ = try await account.store.setPermission(
            ContentPermissionRecord(contentGUID: guid, principal: .group(group), level: .owner), noting: nil)
        _ = try await account.store.addContentKey(
            ContentKeyRecord(
                contentGUID: guid, role: .publisher, hint: "abcd", hash: SHA256.hash([1]), salt: [1],
                createdAt: temporary.now),
            noting: nil)
        return guid
    }

    @Test func whatIsTooMuchToJudgeCountsAsLost() async throws {
        let owner = try await temporary.user(of: account, role: .publisher)
        let member = try await temporary.user(of: account, email: "mia@acme.example", role: .publisher)
        let group = try await account.store.addGroup(
            GroupRecord(
                guid: account.makeGUID(), name: "sales", ownerGUID: nil, createdAt: temporary.now,
                updatedAt: temporary.now),
            noting: nil
        ).guid
        _ = try await account.store.addMember(.user(member.guid), to: group, noting: nil)
        let content = try await content(editableBy: group, owner: owner)
        let store = try #require(account.store as? SQLiteStore)
        try await store.read { db in
            let rights = try #require(try EditRights(.principal(group), in: db))
            #expect(try rights.lost(in: db).isEmpty)
            #expect(try rights.lost(in: db, judging: 1).isEmpty)
            #expect(try rights.lost(in: db, judging: 0) == [content.description])
            #expect(try EditRights(.kept, in: db) == nil)
        }
    }
}
