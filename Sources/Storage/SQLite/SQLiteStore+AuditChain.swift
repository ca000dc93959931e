import Cryptography
import Foundation
import GRDB
import JSON

extension SQLiteStore {
    /// So many lines are checked in one read; writers and other readers get their turn in between.
    private static let linesAtOnce = 1000

    func verifyAudit(expecting head: AuditHead?) async throws(StoreError) -> AuditVerdict {
        while true {
            let anchor = try await anchor()
            let verdict = try await verify(from: anchor, expecting: head)
            // Retention may have moved the beginning while the lines were read: then they are read again.
            guard verdict.broken != nil, try await self.anchor().id != anchor.id else { return verdict }
        }
    }

    private func anchor() async throws(StoreError) -> (id: Int64, hash: [UInt8], isOurs: Bool) {
        try await read { [log] db in
            let anchor = try EventLog.anchor(in: db)
            guard let seal = try Data.fetchOne(db, sql: "SELECT seal FROM audit_anchor") else {
                return (anchor.id, anchor.hash, true)
            }
            return (anchor.id, anchor.hash, constantTimeEquals(Array(seal), log.seal(ofAnchor: anchor)))
        }
    }

    private func verify(
        from anchor: (id: Int64, hash: [UInt8], isOurs: Bool), expecting expected: AuditHead?
    ) async throws(StoreError) -> AuditVerdict {
        var check = ChainCheck(last: AuditHead(id: anchor.id, hash: anchor.hash), expected: expected)
        if !anchor.isOurs { check.fail(anchor.id, "The beginning of the audit was moved by somebody else.") }
        check.compare()
        var isMore = true
        while isMore, check.broken == nil {
            let state = check
            (check, isMore) = try await read { [log] db in
                var check = state
                let rows = try Row.fetchAll(
                    db, sql: "SELECT * FROM audit_event WHERE id > ? ORDER BY id LIMIT ?",
                    arguments: [check.last.id, Self.linesAtOnce])
                for row in rows where check.broken == nil { check.take(row, log) }
                return (check, rows.count == Self.linesAtOnce)
            }
        }
        check.finish(after: anchor.id)
        return AuditVerdict(
            lines: check.last.id - anchor.id, removedUpTo: anchor.id, head: check.last, broken: check.broken)
    }
}

/// Walks the chain line by line.
private struct ChainCheck: Sendable {
    private(set) var last: AuditHead
    private(set) var broken: AuditVerdict.Break?
    private let expected: AuditHead?

    init(last: AuditHead, expected: AuditHead?) {
        self.last = last
        self.expected = expected
    }

    mutating func take(_ row: Row, _ log: EventLog) {
        let id = row["id"] as Int64
        guard id == last.id + 1 else {
            let gap = id == last.id + 2 ? "Line \(last.id + 1) is" : "Lines \(last.id + 1) to \(id - 1) are"
            return fail(last.id + 1, "\(gap) missing.")
        }
        guard let line = try? AuditRecord(row: row) else { return fail(id, "Line \(id) cannot be read.") }
        let isFiled = row["user_guid"] as String? == line.event.details["user_guid"]?.stringValue
        guard isFiled, constantTimeEquals(line.hash, log.hash(id, line.event, after: last.hash)) else {
            return fail(id, "Line \(id) is not as it was written: it was changed, moved or forged.")
        }
        last = AuditHead(id: id, hash: line.hash)
        compare()
    }

    /// Compares the line just passed with what was noted elsewhere.
    mutating func compare() {
        guard let expected, expected.id == last.id, broken == nil else { return }
        guard constantTimeEquals(expected.hash, last.hash) else {
            return fail(expected.id, "Line \(expected.id) has another hash than the one expected: it was written anew.")
        }
    }

    mutating func finish(after anchor: Int64) {
        guard let expected, broken == nil else { return }
        if expected.id > last.id {
            fail(
                last.id + 1,
                "The audit ends at line \(last.id), before the expected line \(expected.id): its end is missing.")
        } else if expected.id < anchor {
            fail(
                expected.id, "The expected line \(expected.id) was removed by retention: nothing can be said about it.")
        }
    }

    mutating func fail(_ id: Int64, _ reason: String) {
        if broken == nil { broken = AuditVerdict.Break(id: id, reason: reason) }
    }
}
