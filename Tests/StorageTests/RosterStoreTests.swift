import Cryptography
import GRDB
import Testing

@testable import Storage

@Suite struct RosterStoreTests {
    let temporary: TemporaryFolder
    let account: OpenAccount
    let whole = PageRequest(number: 1, size: 100)

    init() throws {
        temporary = try TemporaryFolder()
        account = try temporary.open("acme")
    }

    private func emails(_ change: (inout RosterFilter) -> Void) async throws -> [String] {
        var filter = RosterFilter()
        change(&filter)
        return try await account.store.roster(filter, whole).elements.map(\.user.email)
    }

    private func rename(_ guid: GUID, to name: String) async throws {
        var changes = UserChanges()
        changes.lastName = name
        let change = changes
        _ = try await account.store.changeUser(guid, change, at: temporary.now, noting: nil)
    }

    @Test func peopleAreFoundByEachWordWhateverItsCaseAndByTheNamesThatTheyHaveNow() async throws {
        let vic = try await temporary.user(of: account, email: "vic@acme.example")
        _ = try await temporary.user(of: account, email: "Ann@acme.example", role: .publisher)
        try await rename(vic.guid, to: "Öztürk")
        #expect(try await emails { $0.words = "ÖZTÜRK vic" } == ["vic@acme.example"])
        #expect(try await emails { $0.words = "acme" } == ["Ann@acme.example", "vic@acme.example"], "by email")
        try await rename(vic.guid, to: "Smith")
        #expect(try await emails { $0.words = "öztürk" } == [])
        #expect(try await emails { $0.words = "smith ann" } == [], "all the words are one person's")
        #expect(try await emails { $0.words = "_" } == [])
        #expect(try await emails { $0.role = .publisher } == ["Ann@acme.example"])
    }

    @Test func thoseWhoWereThereBeforeAreFoundAfterTheMigration() throws {
        let queue = try DatabaseQueue(path: "\(temporary.path)/old.sqlite")
        try Schema.migrator.migrate(queue, upTo: "2 the whole interface")
        try queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO user (guid, email, username, first_name, last_name, role, created_at, updated_at)
                        VALUES ('u', 'Ü@a.example', 'Uwe', 'ÄNNE', 'Ö', 'viewer', 1, 1)
                    """)
        }
        try Schema.migrator.migrate(queue)
        let folded = try queue.read { try String.fetchOne($0, sql: "SELECT folded FROM user") }
        #expect(folded == "änne ö ü@a.example uwe")
    }

    @Test func somebodyIsInvitedUntilTheyCameAndLockedWhateverElse() async throws {
        let vic = try await temporary.user(of: account)
        #expect(vic.state == .invited)
        #expect(try await emails { $0.state = .invited } == [vic.email])
        let session = BrowserSessionRecord(
            hash: SHA256.hash("a cookie"), userGUID: vic.guid, expiresAt: temporary.now + .seconds(60))
        try await account.store.openBrowserSession(session, at: temporary.now, noting: nil)
        #expect(try await emails { $0.state = .invited } == [])
        #expect(try await emails { $0.state = .active } == [vic.email])
        var changes = UserChanges()
        changes.isLocked = true
        let lock = changes
        _ = try await account.store.changeUser(vic.guid, lock, at: temporary.now, noting: nil)
        #expect(try await emails { $0.state = .locked } == [vic.email])
        #expect(try await emails { $0.state = .active } == [])
    }

    @Test func aListIsReadFromTheIndexAlone() async throws {
        try await plan("SELECT count(*) FROM user WHERE instr(folded, 'x') > 0 AND role = 'viewer' AND locked")
        let listed =
            "SELECT * FROM user INDEXED BY user_by_roster WHERE instr(folded, 'x') > 0 ORDER BY email COLLATE NOCASE"
        try await plan("\(listed) LIMIT 50 OFFSET 9000", isCovering: false)
    }

    /// No table is scanned, and nothing is sorted.
    private func plan(_ sql: String, isCovering: Bool = true) async throws {
        let store = try #require(account.store as? SQLiteStore)
        let steps = try await store.read { db in
            try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(sql)").map { $0["detail"] as String }
        }
        #expect(steps.count == 1 && steps[0].contains(isCovering ? "USING COVERING INDEX" : "USING INDEX"), "\(steps)")
    }

    @Test func aProfileHasWhatBelongsToSomebody() async throws {
        let vic = try await temporary.user(of: account)
        let groups = [try await group("inner", of: vic), try await group("outer", of: vic)]
        _ = try await account.store.addMember(.user(vic.guid), to: groups[0].guid, noting: nil)
        _ = try await account.store.addMember(.group(groups[0].guid), to: groups[1].guid, noting: nil)
        let profile = try #require(try await account.store.profile(vic.guid, at: temporary.now))
        #expect(profile.groups.map(\.name) == ["inner"] && profile.outerGroups.map(\.name) == ["outer"])
        #expect(try await account.store.profile(account.makeGUID(), at: temporary.now) == nil)
        let entries = try await account.store.groupRoster(words: "ER", whole).elements
        #expect(entries.map(\.group.name) == ["inner", "outer"] && entries.map(\.users) == [1, 0])
        #expect(entries.map(\.groups) == [0, 1] && entries[0].owner?.name == vic.email)
        #expect(try await account.store.grants(of: groups[0].guid).groups.names.map(\.name) == ["outer"])
        let found = try await account.store.candidates(for: groups[0].guid, words: "e", limit: 10)
        #expect(found.users.isEmpty && found.groups.map(\.name) == ["outer"], "who is in it is not offered again")
    }

    private func group(_ name: String, of owner: UserRecord) async throws -> GroupRecord {
        let group = GroupRecord(
            guid: account.makeGUID(), name: name, ownerGUID: owner.guid, createdAt: temporary.now,
            updatedAt: temporary.now)
        return try await account.store.addGroup(group, noting: nil)
    }
}
