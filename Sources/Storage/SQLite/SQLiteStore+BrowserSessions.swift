import Cryptography
import GRDB

extension SQLiteStore {
    func openBrowserSession(
        _ session: BrowserSessionRecord, at now: Timestamp, noting event: EventRecord?
    ) async throws(StoreError) {
        try await write(.nothing, noting: event) { [quotas] db in
            try db.execute(sql: "DELETE FROM browser_session WHERE expires_at <= ?", arguments: [now.seconds])
            try db.execute(
                sql: """
                    INSERT INTO browser_session (hash, user_guid, content_guid, parent_hash, expires_at) VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [
                    session.hash.data, session.userGUID.description, session.contentGUID?.description,
                    session.parentHash?.data,
                    session.expiresAt.seconds,
                ]
            )
            let quota = session.contentGUID == nil ? Quota.browserSessionsPerUser : .contentSessionsPerUser
            try quota.trim(of: session.userGUID, within: quotas, in: db)
            try db.execute(
                sql: "UPDATE user SET active_at = ? WHERE guid = ?",
                arguments: [now.seconds, session.userGUID.description]
            )
        }
    }

    func browserSession(
        hash: Digest, at now: Timestamp
    ) async throws(StoreError) -> (session: BrowserSessionRecord, user: UserRecord)? {
        try await read { db in
            guard let session = try BrowserSessionRecord.fetch(hash, at: now, in: db),
                let user = try UserRecord.fetch(session.userGUID, in: db)
            else { return nil }
            return (session, user)
        }
    }

    func endBrowserSession(hash: Digest, noting event: EventRecord?) async throws(StoreError) {
        try await write(.sessions, noting: event) { db in
            try db.execute(sql: "DELETE FROM browser_session WHERE hash = ?", arguments: [hash.data])
        }
    }
}

extension BrowserSessionRecord {
    static func fetch(_ hash: Digest, at now: Timestamp, in db: Database) throws -> BrowserSessionRecord? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM browser_session WHERE hash = ? AND expires_at > ?")
        guard let row = try Row.fetchOne(statement, arguments: [hash.data, now.seconds]) else { return nil }
        return BrowserSessionRecord(
            hash: hash,
            userGUID: try row.guid("user_guid"),
            contentGUID: try (row["content_guid"] as String?).map { _ in try row.guid("content_guid") },
            parentHash: row.optionalBytes("parent_hash").flatMap { Digest(bytes: $0) },
            expiresAt: row.time("expires_at")
        )
    }
}
