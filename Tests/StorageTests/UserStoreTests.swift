import Cryptography
import GRDB
import Testing

@testable import Storage

@Suite struct UserStoreTests {
    let temporary: TemporaryFolder
    let account: OpenAccount
    let whole = PageRequest(number: 1, size: 100)

    init() throws {
        temporary = try TemporaryFolder()
        account = try temporary.open("acme")
    }

    private func database() throws -> DatabaseQueue {
        try DatabaseQueue(path: temporary.folder.databasePath(of: account.slug))
    }

    private func emails(_ change: (inout UserFilter) -> Void) async throws -> Set<String> {
        var filter = UserFilter(activeSince: temporary.now - .seconds(100))
        change(&filter)
        return Set(try await account.store.users(matching: filter, whole).elements.map(\.email))
    }

    @Test func aPageOfTenThousandUsersHasWhatIsOnThatPage() async throws {
        try await database().write { [account] db in
            for number in 1...10_000 {
                try db.execute(
                    sql: """
                        INSERT INTO user (guid, email, username, first_name, last_name, role, created_at, updated_at)
                        VALUES (?, ?, ?, ?, '', 'viewer', 1, 1)
                        """,
                    arguments: [
                        account.makeGUID().description, "u\(number)@acme.example", "u\(number)", "Ölaf \(number)",
                    ])
            }
        }
        var filter = UserFilter(activeSince: temporary.now)
        let page = try await account.store.users(matching: filter, PageRequest(number: 20, size: 500))
        #expect(page.total == 10_000 && page.elements.count == 500)
        #expect(page.elements.first?.username == "u9501" && page.elements.last?.username == "u10000")
        #expect(try await account.store.users(matching: filter, PageRequest(number: 21, size: 500)).elements.isEmpty)
        filter.prefix = "öLAF 99"
        let found = try await account.store.users(matching: filter, PageRequest(number: 1, size: 5))
        #expect(found.total == 111 && found.elements.map(\.username) == ["u99", "u990", "u991", "u992", "u993"])
    }

    @Test func usersAreFoundByRoleStatusAndUniqueID() async throws {
        let ada = try await temporary.user(of: account, email: "ada@acme.example", role: .administrator)
        let pat = try await temporary.user(of: account, email: "pat@acme.example", role: .publisher)
        let vic = try await temporary.user(of: account, email: "vic@acme.example")
        let eve = try await temporary.user(of: account, email: "eve@acme.example")
        var locked = UserChanges()
        locked.isLocked = true
        _ = try await account.store.changeUser(eve.guid, locked, at: temporary.now, noting: nil)
        var named = UserChanges()
        named.uniqueID = "Okta-17"
        _ = try await account.store.changeUser(vic.guid, named, at: temporary.now, noting: nil)
        let key = APIKeyRecord(userGUID: pat.guid, name: "k", role: .publisher, hint: "h", createdAt: temporary.now)
        let stored = try await account.store.addKey(key, hash: SHA256.hash("k"), noting: nil)
        try await account.store.touchKey(stored.id, at: temporary.now)
        try await database().write { [now = temporary.now] db in
            try db.execute(
                sql: "UPDATE user SET active_at = ? WHERE guid = ?",
                arguments: [now.seconds - 50, ada.guid.description])
            try db.execute(
                sql: "UPDATE user SET active_at = ? WHERE guid = ?",
                arguments: [now.seconds - 101, vic.guid.description])
        }
        #expect(try await emails { $0.roles = [.publisher, .administrator] } == [ada.email, pat.email])
        #expect(try await emails { $0.statuses = [.licensed] } == [ada.email, pat.email], "signed in, or used a key")
        #expect(try await emails { $0.statuses = [.inactive] } == [vic.email])
        #expect(try await emails { $0.statuses = [.locked, .inactive] } == [vic.email, eve.email])
        #expect(try await emails { $0.prefix = "Okta-17" } == [vic.email])
        #expect(try await emails { $0.prefix = "okta-1" }.isEmpty)
        #expect(try await emails { $0.prefix = "A" } == [ada.email])
        #expect(try await emails { $0.prefix = "%" }.isEmpty)
    }

    @Test func ofTwoChangesAtTheSameTimeNeitherUndoesTheOther() async throws {
        let user = try await temporary.user(of: account)
        let (store, now) = (account.store, temporary.now)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...20 {
                group.addTask {
                    var name = UserChanges()
                    name.firstName = "name \(number)"
                    _ = try await store.changeUser(user.guid, name, at: now, noting: nil)
                }
            }
            group.addTask {
                var locked = UserChanges()
                locked.isLocked = true
                _ = try await store.changeUser(user.guid, locked, at: now, noting: nil)
            }
            try await group.waitForAll()
        }
        #expect(try await store.user(user.guid)?.isLocked == true)
    }

    @Test(arguments: [true, false]) func theLastAdministratorStays(_ byLock: Bool) async throws {
        let ada = try await temporary.user(of: account, email: "ada@acme.example", role: .administrator)
        let bob = try await temporary.user(of: account, email: "bob@acme.example", role: .administrator)
        var gone = UserChanges()
        if byLock { gone.isLocked = true } else { gone.role = .publisher }
        let changes = gone
        let (store, now) = (account.store, temporary.now)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for user in [ada, bob] {
                group.addTask {
                    (try? await store.changeUser(user.guid, changes, at: now, noting: nil)) != nil
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 }.count == 1, "each is there for the other, but not both go")
        let left = try await store.users().filter { $0.role == .administrator && !$0.isLocked }
        #expect(left.count == 1)
        await #expect { try await store.changeUser(left[0].guid, changes, at: now, noting: nil) } throws: {
            ($0 as? StoreError)?.code == .lastAdministrator
        }
    }

    @Test func anInviteEndsWithTheAddressItWentTo() async throws {
        let user = try await temporary.user(of: account)
        let hash = try #require(Digest(bytes: [UInt8](repeating: 7, count: 32)))
        let later = temporary.now + .seconds(60)
        try await account.store.replaceInvite(of: user.guid, hash: hash, expiresAt: later, noting: nil)
        var changes = UserChanges()
        changes.firstName = "Vic"
        _ = try await account.store.changeUser(user.guid, changes, at: temporary.now, noting: nil)
        #expect(try await account.store.invitedUser(hash: hash, at: temporary.now) != nil)
        changes.email = "victor@acme.example"
        _ = try await account.store.changeUser(user.guid, changes, at: temporary.now, noting: nil)
        #expect(try await account.store.invitedUser(hash: hash, at: temporary.now) == nil)
    }

    @Test func aHashIsRenewedOnlyWhereItStillStands() async throws {
        let user = try await temporary.user(of: account)
        let hash = try #require(Digest(bytes: [UInt8](repeating: 7, count: 32)))
        try await account.store.replaceInvite(
            of: user.guid, hash: hash, expiresAt: temporary.now + .seconds(60), noting: nil)
        _ = try await account.store.acceptInvite(hash: hash, passwordHash: "second", at: temporary.now, noting: nil)
        try await account.store.renewPasswordHash(of: user.guid, from: "first", to: "first, renewed")
        #expect(try await account.store.user(user.guid)?.passwordHash == "second")
        try await account.store.renewPasswordHash(of: user.guid, from: "second", to: "second, renewed")
        #expect(try await account.store.user(user.guid)?.passwordHash == "second, renewed")
    }
}
