import Cryptography
import Foundation
import GRDB

extension SQLiteStore: RuntimeStore {
    func contentKeySalt(of content: GUID) async throws(StoreError) -> [UInt8]? {
        try await read { db in try Self.salt(of: content, in: db) }
    }

    func addContentKey(
        _ key: ContentKeyRecord, noting event: EventRecord?
    ) async throws(StoreError) -> [UInt8] {
        try await write(.permissions(edits: .kept), noting: event) { db in
            // Of two that ask at the same time, the second gets the key of the first.
            if let salt = try Self.salt(of: key.contentGUID, in: db) { return salt }
            // Owner and name are read here: the content may have changed since the caller looked.
            try db.execute(
                sql: """
                    INSERT INTO api_key (hash, user_guid, name, role, hint, content_guid, created_at, salt)
                    SELECT ?, owner_guid, 'content ' || name, ?, ?, guid, ?, ? FROM content WHERE guid = ?
                    """,
                arguments: [
                    key.hash.data, key.role.rawValue, key.hint, key.createdAt.seconds, Data(key.salt),
                    key.contentGUID.description,
                ]
            )
            guard db.changesCount == 1 else { throw StoreError(.notFound, "no such content") }
            return key.salt
        }
    }

    /// A content's own key follows the content's owner and name; part of the transaction that changes them.
    static func updateContentKey(of content: GUID, in db: Database) throws {
        try db.execute(
            sql: """
                UPDATE api_key
                SET (user_guid, name) = (SELECT owner_guid, 'content ' || name FROM content WHERE guid = content_guid)
                WHERE content_guid = ? AND salt IS NOT NULL
                """,
            arguments: [content.description]
        )
    }

    static func salt(of content: GUID, in db: Database) throws -> [UInt8]? {
        let statement = try db.cachedStatement(
            sql: "SELECT salt FROM api_key WHERE content_guid = ? AND salt IS NOT NULL")
        return try Row.fetchOne(statement, arguments: [content.description])?.bytes("salt")
    }
}

extension SQLiteStore {
    func addWorkbenchSession(
        _ session: WorkbenchSessionRecord, at now: Timestamp, noting event: EventRecord?
    ) async throws(StoreError) {
        try await write(.nothing, noting: event) { [quotas] db in
            try db.execute(sql: "DELETE FROM workbench_session WHERE expires_at <= ?", arguments: [now.seconds])
            let room = try Room(for: .workbenchSessionsPerUser, of: session.userGUID, within: quotas, in: db)
            try db.execute(
                sql: """
                    INSERT INTO workbench_session (guid, hash, user_guid, created_at, expires_at) VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [
                    session.guid.description, session.hash.data, session.userGUID.description,
                    session.createdAt.seconds, session.expiresAt.seconds,
                ]
            )
            try room.require(in: db)
        }
    }

    func workbenchSessions(of user: GUID?, at now: Timestamp) async throws(StoreError) -> [WorkbenchSessionRecord] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM workbench_session
                    WHERE expires_at > ? AND (? IS NULL OR user_guid = ?) ORDER BY id
                    """,
                arguments: [now.seconds, user?.description, user?.description]
            ).map(WorkbenchSessionRecord.init(row:))
        }
    }

    func workbenchSession(
        hash: Digest, at now: Timestamp
    ) async throws(StoreError) -> (session: WorkbenchSessionRecord, user: UserRecord)? {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT * FROM workbench_session WHERE hash = ? AND expires_at > ?")
            guard let row = try Row.fetchOne(statement, arguments: [hash.data, now.seconds]) else { return nil }
            let session = try WorkbenchSessionRecord(row: row)
            guard let user = try UserRecord.fetch(session.userGUID, in: db) else { return nil }
            return (session, user)
        }
    }

    func touchWorkbenchSession(_ guid: GUID, at now: Timestamp) async throws(StoreError) {
        try await write(.nothing) { db in
            try db.execute(
                sql: "UPDATE workbench_session SET active_at = ? WHERE guid = ?",
                arguments: [now.seconds, guid.description])
        }
    }

    func removeWorkbenchSession(_ guid: GUID, noting event: EventRecord?) async throws(StoreError) -> Bool {
        try await write(.nothing, noting: event) { db in
            try db.execute(sql: "DELETE FROM workbench_session WHERE guid = ?", arguments: [guid.description])
            return db.changesCount > 0
        }
    }

    /// A locked user's sessions end with the lock; part of its transaction.
    static func endWorkbenchSessions(of user: GUID, in db: Database) throws {
        try db.execute(sql: "DELETE FROM workbench_session WHERE user_guid = ?", arguments: [user.description])
    }
}

extension WorkbenchSessionRecord {
    init(row: Row) throws {
        self.init(
            guid: try row.guid("guid"), hash: try row.digest("hash"), userGUID: try row.guid("user_guid"),
            createdAt: row.time("created_at"), expiresAt: row.time("expires_at"),
            activeAt: row.optionalTime("active_at")
        )
    }
}
