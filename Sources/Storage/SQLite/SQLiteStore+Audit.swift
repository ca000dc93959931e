import Foundation
import GRDB

extension SQLiteStore: AuditStore {
    func auditPage(
        _ filter: AuditFilter, at position: AuditPosition?, ascending: Bool, limit: Int, upTo: Int64?
    ) async throws(StoreError) -> AuditPage {
        try await read { db in
            var (conditions, arguments) = filter.conditions
            if let upTo {
                conditions.append("id <= ?")
                arguments += [upTo]
            }
            // A page before a line is read backwards from it, and turned round.
            let isBackwards = position?.side == .before
            let goesUp = ascending != isBackwards
            if let position {
                conditions.append(goesUp ? "id > ?" : "id < ?")
                arguments += [position.id]
            }
            let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
            let rows = try Row.fetchAll(
                db, sql: "SELECT * FROM audit_event \(condition) ORDER BY id \(goesUp ? "ASC" : "DESC") LIMIT ?",
                arguments: arguments + [limit + 1])
            let lines = try rows.prefix(limit).map(AuditRecord.init(row:))
            let hasMore = rows.count > limit
            return AuditPage(
                lines: isBackwards ? lines.reversed() : lines,
                hasPrevious: isBackwards ? hasMore : position != nil && !lines.isEmpty,
                hasNext: isBackwards ? !lines.isEmpty : hasMore
            )
        }
    }

    func auditHead() async throws(StoreError) -> AuditHead {
        try await read { db in
            let last = try EventLog.last(in: db)
            return AuditHead(id: last.id, hash: last.hash)
        }
    }

    func auditRetention() async throws(StoreError) -> Int64? {
        try await read { db in try Int64.fetchOne(db, sql: "SELECT days FROM audit_retention") }
    }

    func setAuditRetention(_ days: Int64?, noting event: EventRecord?) async throws(StoreError) {
        try await write(.nothing, judging: [event].compactMap(\.self)) { [log] db in
            try db.execute(sql: "DELETE FROM audit_retention")
            if let days {
                try db.execute(sql: "INSERT INTO audit_retention (id, days) VALUES (1, ?)", arguments: [days])
            }
            if let event { try log.append(event, in: db) }
        }
    }

    func pruneAudit(before time: Timestamp, limit: Int) async throws(StoreError) -> Int {
        try await write(.nothing) { [log] db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT id, at, hash FROM audit_event ORDER BY id LIMIT ?", arguments: [limit])
            let old = rows.prefix { $0.time("at") < time }
            guard let last = old.last else { return 0 }
            let anchor = (id: last["id"] as Int64, hash: last.bytes("hash"))
            // The anchor first: without it the trigger lets nothing go.
            try db.execute(
                sql: """
                    INSERT INTO audit_anchor (id, last_id, hash, seal) VALUES (1, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET last_id = excluded.last_id, hash = excluded.hash, seal = excluded.seal
                    """,
                arguments: [anchor.id, Data(anchor.hash), Data(log.seal(ofAnchor: anchor))])
            try db.execute(sql: "DELETE FROM audit_event WHERE id <= ?", arguments: [anchor.id])
            return old.count
        }
    }

    func noteOnce(_ event: EventRecord, among actions: [EventAction]) async throws(StoreError) -> Bool {
        try await write(.nothing) { [log] db in
            let marks = databaseQuestionMarks(count: actions.count)
            let last = try String.fetchOne(
                db,
                sql: """
                    SELECT action FROM audit_event WHERE subject_guid = ? AND action IN (\(marks)) ORDER BY id DESC LIMIT 1
                    """,
                arguments: [event.subject?.description] + StatementArguments(actions.map(\.rawValue)))
            guard last != event.action.rawValue else { return false }
            try log.append(event, in: db)
            return true
        }
    }
}

extension AuditFilter {
    /// The conditions of a query, and their values in order.
    fileprivate var conditions: ([String], StatementArguments) {
        var conditions: [String] = []
        var arguments = StatementArguments()
        func add(_ condition: String, _ values: StatementArguments) {
            conditions.append(condition)
            arguments += values
        }
        if !actions.isEmpty {
            add(
                "action IN (\(databaseQuestionMarks(count: actions.count)))",
                StatementArguments(actions.map(\.rawValue)))
        }
        if let user {
            add(
                "(actor_guid = ? OR subject_guid = ? OR user_guid = ?)",
                [user.description, user.description, user.description])
        }
        if let content { add("content_guid = ?", [content.description]) }
        if let integration { add("integration_guid = ?", [integration.description]) }
        if let outcome { add("outcome = ?", [outcome.rawValue]) }
        if let from { add("at >= ?", [from.seconds]) }
        if let to { add("at < ?", [to.seconds]) }
        return (conditions, arguments)
    }
}
