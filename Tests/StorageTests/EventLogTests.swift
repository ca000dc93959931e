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

    @Test func aLineHasAnEndHoweverMuchItsDetailsHold() async throws {
        let temporary = try TemporaryFolder()
        let account = try temporary.open("acme")
        let names = (0..<250).map { JSON.string("V\($0)") }
        let long = String(repeating: "é", count: 5000)
        let event = EventRecord(
            .environmentChanged, at: temporary.now, actor: .system, origin: .system,
            details: [
                "set": .array(names), "few": .array(["a"]), "text": .string(long), "inner": ["list": .array(names)],
            ])
        try await account.store.note([event])
        let queue = try DatabaseQueue(path: temporary.folder.databasePath(of: account.slug))
        let text = try await queue.read { db in try String.fetchOne(db, sql: "SELECT details FROM audit_event") }
        let details = try JSON.parse(try #require(text))
        #expect(details["set"]?.arrayValue == Array(names.prefix(100)) && details["set_more"]?.integerValue == 150)
        #expect(details["few"]?.arrayValue == ["a"] && details["few_more"] == nil)
        #expect(details["text"]?.stringValue == String(repeating: "é", count: 1023) + "…")
        #expect(details["inner"]?["list"]?.arrayValue?.count == 100)
        #expect(details["inner"]?["list_more"]?.integerValue == 150)
        #expect(try await account.store.verifyAudit(expecting: nil).broken == nil)
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
