import GRDB
import JSON
import Testing

@testable import Storage

/// Somebody who can write the account's file, but has not its data key.
@Suite struct AuditChainTests {
    let temporary: TemporaryFolder
    let account: OpenAccount

    init() throws {
        temporary = try TemporaryFolder()
        account = try temporary.open("acme")
    }

    private func write(_ count: Int, at time: Timestamp? = nil) async throws {
        let events = (1...count).map { number in
            EventRecord(
                .signedIn, at: time ?? temporary.now, actor: .system, origin: .system,
                details: ["number": .integer(Int64(number))])
        }
        try await account.store.note(events)
    }

    /// Changes the file by hand; whoever can do that can drop the triggers too.
    private func tamper(_ sql: String) async throws {
        let queue = try DatabaseQueue(path: temporary.folder.databasePath(of: account.slug))
        try await queue.write { db in
            try db.execute(sql: "DROP TRIGGER audit_event_is_final; DROP TRIGGER audit_event_stays;" + sql)
        }
    }

    private func verify(expecting head: AuditHead? = nil) async throws -> AuditVerdict {
        try await account.store.verifyAudit(expecting: head)
    }

    @Test func aChainThatNobodyTouchedFits() async throws {
        #expect(try await verify() == AuditVerdict(lines: 0, removedUpTo: 0, head: .root, broken: nil))
        try await write(2500)
        let verdict = try await verify()
        #expect(verdict.lines == 2500 && verdict.broken == nil)
        #expect(verdict.head == (try await account.store.auditHead()))
        try await write(1)
        #expect(try await verify(expecting: verdict.head).broken == nil)
    }

    @Test(arguments: [
        "UPDATE audit_event SET actor_name = 'somebody else' WHERE id = 5",
        "UPDATE audit_event SET at = at + 1 WHERE id = 5", "UPDATE audit_event SET outcome = 'refused' WHERE id = 5",
        "UPDATE audit_event SET details = '{\"number\":6}' WHERE id = 5",
        "UPDATE audit_event SET address = '192.0.2.1' WHERE id = 5", "UPDATE audit_event SET action = 'x' WHERE id = 5",
        "UPDATE audit_event SET details = 'rubbish' WHERE id = 5", "DELETE FROM audit_event WHERE id = 5",
        "DELETE FROM audit_event WHERE id BETWEEN 5 AND 9",
        "UPDATE audit_event SET id = 99 WHERE id = 5; UPDATE audit_event SET id = 5 WHERE id = 6; UPDATE audit_event SET id = 6 WHERE id = 99",
        "UPDATE audit_event SET hash = zeroblob(32) WHERE id = 5",
        "UPDATE audit_event SET user_guid = 'somebody else' WHERE id = 5",
    ])
    func whatWasChangedIsFoundAtItsLine(_ sql: String) async throws {
        try await write(10)
        try await tamper(sql)
        let verdict = try await verify()
        #expect(verdict.broken?.id == 5)
        #expect(verdict.lines == 4)
    }

    @Test func aForgedLineIsFound() async throws {
        try await write(3)
        try await tamper(
            """
            INSERT INTO audit_event (id, at, action, outcome, actor_kind, actor_name, door, correlation_id, details, hash)
            SELECT 4, at, 'user.locked', outcome, actor_kind, actor_name, door, correlation_id, details, randomblob(32)
            FROM audit_event WHERE id = 3
            """)
        #expect(try await verify().broken?.id == 4)
    }

    @Test func aCutEndIsFoundOnlyByTheHeadThatWasNotedElsewhere() async throws {
        try await write(10)
        let head = try await account.store.auditHead()
        try await tamper("DELETE FROM audit_event WHERE id > 7")
        #expect(try await verify().broken == nil)
        #expect(try await verify(expecting: head).broken?.id == 8)
    }

    @Test func anEndThatWasWrittenAnewIsFoundByTheHead() async throws {
        try await write(10)
        let head = try await account.store.auditHead()
        try await tamper("DELETE FROM audit_event WHERE id > 7")
        try await write(3, at: temporary.now + .seconds(5))
        #expect(try await verify().broken == nil)
        #expect(try await verify(expecting: head).broken?.id == 10)
    }

    @Test func aBeginningThatWasCutByHandIsFound() async throws {
        try await write(10)
        try await tamper("DELETE FROM audit_event WHERE id <= 4")
        #expect(try await verify().broken?.id == 1)
        // Even with an anchor that would fit: it cannot be sealed.
        try await account.store.note([])
        let queue = try DatabaseQueue(path: temporary.folder.databasePath(of: account.slug))
        try await queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO audit_anchor (id, last_id, hash, seal)
                    SELECT 1, 5, hash, randomblob(32) FROM audit_event WHERE id = 5;
                    DELETE FROM audit_event WHERE id = 5
                    """)
        }
        #expect(try await verify().broken?.id == 5)
    }

    @Test func retentionRemovesTheOldestAndTheRestStillFits() async throws {
        try await write(10)
        let pruned = try await account.store.auditPage(.init(), at: nil, ascending: true, limit: 3, upTo: nil).lines[2]
        try await write(5, at: temporary.now + .seconds(100))
        let head = try await account.store.auditHead()
        #expect(try await account.store.pruneAudit(before: temporary.now, limit: 100) == 0)
        #expect(try await account.store.pruneAudit(before: temporary.now + .seconds(1), limit: 4) == 4)
        #expect(try await account.store.pruneAudit(before: temporary.now + .seconds(1), limit: 100) == 6)
        let verdict = try await verify(expecting: head)
        #expect(verdict == AuditVerdict(lines: 5, removedUpTo: 10, head: head, broken: nil))
        // What retention removed can not be compared any more, and that is said.
        #expect(try await verify(expecting: AuditHead(id: pruned.id, hash: pruned.hash)).broken?.id == 3)
        try await write(1)
        #expect(try await verify(expecting: head).lines == 6)
        try await tamper("UPDATE audit_anchor SET last_id = 9")
        #expect(try await verify().broken != nil)
    }

    @Test func whenAllLinesAreGoneTheChainGoesOn() async throws {
        try await write(3)
        #expect(try await account.store.pruneAudit(before: temporary.now + .seconds(1), limit: 100) == 3)
        try await write(2)
        let verdict = try await verify()
        #expect(verdict.lines == 2 && verdict.removedUpTo == 3 && verdict.head.id == 5 && verdict.broken == nil)
    }

    @Test func aLineIsNotedOnceUntilSomethingElseHappensToItsSubject() async throws {
        let subject = account.makeGUID()
        func event(_ action: EventAction) -> EventRecord {
            EventRecord(action, at: temporary.now, actor: .system, origin: .system, subject: subject)
        }
        let actions: [EventAction] = [.refreshFailing, .sessionRefreshed]
        #expect(try await account.store.noteOnce(event(.refreshFailing), among: actions))
        #expect(try await !account.store.noteOnce(event(.refreshFailing), among: actions))
        try await account.store.note([event(.sessionRefreshed)])
        #expect(try await account.store.noteOnce(event(.refreshFailing), among: actions))
    }
}

extension AuditHead {
    fileprivate static let root = AuditHead(id: 0, hash: EventLog.root)
}
