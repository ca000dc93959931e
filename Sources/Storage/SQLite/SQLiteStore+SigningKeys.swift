import Foundation
import GRDB
import JSON

extension SQLiteStore: SigningKeyStore {
    func signingKeys() async throws(StoreError) -> [SigningKeyRecord] {
        try await read { db in try SigningKeyRecord.fetchAll(in: db) }
    }

    func addFirstSigningKeys(_ keys: [SigningKeyRecord]) async throws(StoreError) -> [SigningKeyRecord] {
        try await write(.nothing) { db in
            let known = try SigningKeyRecord.fetchAll(in: db)
            guard known.isEmpty else { return known }
            for key in keys { try Self.insert(key, in: db) }
            return try SigningKeyRecord.fetchAll(in: db)
        }
    }

    func rotateSigningKeys(
        retiring active: String, adding next: SigningKeyRecord, at now: Timestamp,
        forgettingRetiredBefore limit: Timestamp, noting event: EventRecord?
    ) async throws(StoreError) {
        try await write(.nothing, noting: event) { db in
            // Of two that find the key too old at the same time, the second must not let a key sign that nobody has seen.
            guard try SigningKeyRecord.fetchAll(in: db).first?.keyID == active else { return }
            try db.execute(
                sql: "DELETE FROM signing_key WHERE state = 'retired' AND changed_at < ?", arguments: [limit.seconds])
            for (old, new) in [("active", "retired"), ("next", "active")] {
                try db.execute(
                    sql: "UPDATE signing_key SET state = ?, changed_at = ? WHERE state = ?",
                    arguments: [new, now.seconds, old])
            }
            try Self.insert(next, in: db)
        }
    }

    private static func insert(_ key: SigningKeyRecord, in db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO signing_key (key_id, sealed_key, public_key, state, changed_at) VALUES (?, ?, ?, ?, ?)
                """,
            arguments: [
                key.keyID, Data(key.sealedKey), JSON.object(key.publicKey).text(), key.state.rawValue,
                key.changedAt.seconds,
            ]
        )
    }
}

extension SigningKeyRecord {
    fileprivate static func fetchAll(in db: Database) throws -> [SigningKeyRecord] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM signing_key
                ORDER BY CASE state WHEN 'active' THEN 0 WHEN 'next' THEN 1 ELSE 2 END, changed_at DESC
                """
        ).map(SigningKeyRecord.init(row:))
    }

    private init(row: Row) throws {
        guard let publicKey = try JSON.parse(row["public_key"] as String).objectValue else {
            throw StoreError(.damaged, "public_key is no object")
        }
        self.init(
            keyID: row["key_id"], sealedKey: row.bytes("sealed_key"), publicKey: publicKey,
            state: try row.value("state"), changedAt: row.time("changed_at")
        )
    }
}
