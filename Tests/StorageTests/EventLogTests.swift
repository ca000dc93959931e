import GRDB
import JSON
import Testing

@testable import Storage

@Suite struct EventLogTests {
    private func event(_ action: EventAction, _ temporary: TemporaryFolder) -> EventRecord {
        EventRecord(
            action, at: temporary.now, actor: .system,
            origin: Origin(.key(7), address: "192.0.2.1", correlationID: "c"),
            details: ["name": "x"])
    }

    @Test func aChangeAndItsLineAreWrittenTogether() async throws {
        let temporary = try TemporaryFolder()
        let account = try temporary.open("acme")
        let user = try await temporary.user(of: account)
        var changes = UserChanges()
        changes.firstName = "Vic"
        _ = try await account.store.changeUser(
            user.guid, changes, at: temporary.now, noting: event(.userUpdated, temporary))
        await #expect(throws: StoreError.self) {
            try await account.store.changeUser(
                account.makeGUID(), UserChanges(), at: temporary.now, noting: event(.userLocked, temporary))
        }
        #expect(try await actions(temporary) == ["user.updated"])
    }

    @Test func whatChangedNothingIsNotNoted() async throws {
        let temporary = try TemporaryFolder()
        let account = try temporary.open("acme")
        let user = try await temporary.user(of: account)
        #expect(try await !account.store.removeKey(99, of: user.guid, noting: event(.keyDeleted, temporary)))
        #expect(try await actions(temporary).isEmpty)
    }

    @Test func linesCannotBeChangedOrRemoved() async throws {
        let temporary = try TemporaryFolder()
        let account = try temporary.open("acme")
        try await account.store.note([event(.signedIn, temporary), event(.signedOut, temporary)])
        let queue = try DatabaseQueue(path: temporary.folder.databasePath(of: account.slug))
        for sql in ["UPDATE audit_event SET outcome = 'x'", "DELETE FROM audit_event WHERE id = 2"] {
            #expect(throws: DatabaseError.self) { try queue.write { db in try db.execute(sql: sql) } }
        }
        #expect(try await actions(temporary) == ["user.signed_in", "user.signed_out"])
    }

    private func actions(_ temporary: TemporaryFolder) async throws -> [String] {
        let queue = try DatabaseQueue(path: temporary.folder.databasePath(of: try temporary.slug("acme")))
        return try await queue.read { db in
            try String.fetchAll(db, sql: "SELECT action FROM audit_event ORDER BY id")
        }
    }
}
