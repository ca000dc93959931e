import JSON
import Logging
import Storage
import Synchronization
import Testing

@testable import Integrations

/// A disk that is full while a test says so.
private final class Disk: Sendable {
    let isFull = Atomic<Bool>(false)
    private let lines = Mutex<[EventRecord]>([])

    var written: [EventRecord] { lines.withLock { $0 } }

    func write(_ events: [EventRecord]) throws(StoreError) {
        guard !isFull.load(ordering: .acquiring) else { throw StoreError(.cannotWrite, "full") }
        lines.withLock { $0 += events }
    }
}

@Suite struct JournalTests {
    private let disk = Disk()
    private let time = TestClock()
    private let journal: Journal

    init() {
        let disk = disk
        journal = Self.journal(on: disk, time)
    }

    private static func journal(
        on disk: Disk, _ time: TestClock, of account: UInt64 = 1, backlog: AuditBacklog = AuditBacklog(),
        isErased: Bool = false
    ) -> Journal {
        Journal(
            account: TenantFingerprint(value: account), clock: time.clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            backlog: backlog, sleeper: nil, isErased: { isErased }
        ) { events throws(StoreError) in try disk.write(events) }
    }

    private func event(_ number: Int64) -> EventRecord {
        EventRecord(
            .credentialsIssued, at: time.now, actor: .system, origin: .system, details: ["number": .integer(number)])
    }

    @Test func whoNotesSomethingFindsItWritten() async {
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<100 { group.addTask { await journal.note(event(Int64(number))) } }
        }
        #expect(disk.written.count == 100)
    }

    @Test func linesWaitForTheDiskInTheirOrder() async {
        disk.isFull.store(true, ordering: .releasing)
        for number in 0..<3 { await journal.note(event(Int64(number))) }
        #expect(disk.written.isEmpty)
        disk.isFull.store(false, ordering: .releasing)
        await journal.note(event(3))
        #expect(disk.written.map { $0.details["number"] } == [0, 1, 2, 3])
    }

    @Test func whatHadNoRoomIsCounted() async {
        disk.isFull.store(true, ordering: .releasing)
        for number in 0..<(Journal.maximumWaiting + 5) { await journal.note(event(Int64(number))) }
        disk.isFull.store(false, ordering: .releasing)
        await journal.flush()
        #expect(disk.written.count == Journal.maximumWaiting + 1)
        #expect(disk.written.last?.action == .auditLinesMissing && disk.written.last?.details["count"] == 5)
    }

    @Test func whatWaitsWhenTheAccountClosesIsWrittenByItsNextJournal() async {
        let backlog = AuditBacklog()
        disk.isFull.store(true, ordering: .releasing)
        for number in 0..<2 { await Self.journal(on: disk, time, backlog: backlog).note(event(Int64(number))) }
        disk.isFull.store(false, ordering: .releasing)
        let other = Self.journal(on: disk, time, of: 2, backlog: backlog)
        await other.flush()
        #expect(disk.written.isEmpty && !other.hasWaiting, "of another account")
        await Self.journal(on: disk, time, backlog: backlog).note(event(2))
        #expect(disk.written.map { $0.details["number"] } == [0, 1, 2])
    }

    @Test func theBacklogCountsWhatItHasNoRoomFor() async {
        let backlog = AuditBacklog()
        let account = TenantFingerprint(value: 1)
        for _ in 0..<2 {
            backlog.put(.init(waiting: Array(repeating: event(1), count: 3000), dropped: 1), of: account)
        }
        let journal = Self.journal(on: disk, time, backlog: backlog)
        await journal.flush()
        #expect(disk.written.count == 5001 && disk.written.last?.details["count"] == 1002)
        #expect(!journal.hasWaiting)
    }

    @Test func whatWaitsForAnErasedAccountIsNobodys() async {
        let backlog = AuditBacklog()
        disk.isFull.store(true, ordering: .releasing)
        await Self.journal(on: disk, time, backlog: backlog).note(event(1))
        backlog.forget(TenantFingerprint(value: 1))
        // A request that was under way when the account was erased.
        await Self.journal(on: disk, time, backlog: backlog, isErased: true).note(event(2))
        disk.isFull.store(false, ordering: .releasing)
        let next = Self.journal(on: disk, time, backlog: backlog)
        await next.flush()
        #expect(disk.written.isEmpty && !next.hasWaiting)
    }

    @Test func whoDoesNotWaitIsWrittenAllTheSame() async {
        journal.noteLater(event(1))
        await journal.flush()
        #expect(disk.written.count == 1)
    }

    @Test func theSameRefusalIsNotedOnceInAWhile() async {
        for _ in 0..<3 { await journal.noteOnce(event(1), code: 220) }
        await journal.noteOnce(event(1), code: 219)
        #expect(disk.written.count == 2)
        time.advance(5 * 60)
        await journal.noteOnce(event(1), code: 220)
        #expect(disk.written.count == 3)
    }
}
