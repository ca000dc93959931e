import Cryptography
import Foundation
import GRDB
import JSON

extension SQLiteStore: PeopleStore {
    func addUser(
        _ user: UserRecord, key: APIKeyRecord?, keyHash: Digest?, inviteHash: Digest?, inviteExpiresAt: Timestamp?,
        noting event: EventRecord?
    ) async throws(StoreError) {
        try await write(.permissions(edits: .kept), noting: event) { [quotas] db in
            let room = try Room(for: .users, within: quotas, in: db)
            try Self.insert(user, in: db)
            try room.require(in: db)
            if let key, let keyHash {
                _ = try Self.insert(key, hash: keyHash, in: db)
                try db.execute(
                    sql: "UPDATE user SET made_with_key = 1 WHERE guid = ?", arguments: [user.guid.description])
            }
            if let inviteHash, let inviteExpiresAt {
                try Self.insertInvite(of: user.guid, hash: inviteHash, expiresAt: inviteExpiresAt, in: db)
            }
        }
    }

    static func insert(_ user: UserRecord, in db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO user (guid, email, username, first_name, last_name, role, password_hash, unique_id, locked, created_at,
                    updated_at, folded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                user.guid.description, user.email, user.username, user.firstName, user.lastName, user.role.rawValue,
                user.passwordHash, user.uniqueID, user.isLocked, user.createdAt.seconds, user.updatedAt.seconds,
                user.folded,
            ]
        )
    }

    func users() async throws(StoreError) -> [UserRecord] {
        try await read { db in try Row.fetchAll(db, sql: "SELECT * FROM user ORDER BY id").map(UserRecord.init(row:)) }
    }

    func user(_ guid: GUID) async throws(StoreError) -> UserRecord? {
        try await read { db in try UserRecord.fetch(guid, in: db) }
    }

    func user(email: String) async throws(StoreError) -> UserRecord? {
        try await read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM user WHERE email = ?", arguments: [email]).map(
                UserRecord.init(row:))
        }
    }

    func replaceInvite(
        of user: GUID, hash: Digest, expiresAt: Timestamp, noting event: EventRecord?
    ) async throws(StoreError) {
        try await write(.nothing, noting: event) { db in
            try db.execute(sql: "DELETE FROM invite WHERE user_guid = ?", arguments: [user.description])
            try Self.insertInvite(of: user, hash: hash, expiresAt: expiresAt, in: db)
        }
    }

    func invitedUser(hash: Digest, at now: Timestamp) async throws(StoreError) -> UserRecord? {
        try await read { db in
            try Row.fetchOne(
                db,
                sql: "SELECT user.* FROM invite JOIN user ON guid = user_guid WHERE hash = ? AND expires_at > ?",
                arguments: [hash.data, now.seconds]
            ).map(UserRecord.init(row:))
        }
    }

    func acceptInvite(
        hash: Digest, passwordHash: String, at now: Timestamp, noting event: EventRecord?
    ) async throws(StoreError) -> UserRecord? {
        try await write(.permissions(edits: .kept), noting: event) { db in
            let guid = try String.fetchOne(
                db,
                sql: "DELETE FROM invite WHERE hash = ? AND expires_at > ? RETURNING user_guid",
                arguments: [hash.data, now.seconds]
            )
            guard let guid = guid.flatMap({ GUID($0) }) else { return nil }
            try db.execute(
                sql: "UPDATE user SET password_hash = ?, updated_at = ? WHERE guid = ? AND NOT locked",
                arguments: [passwordHash, now.seconds, guid.description]
            )
            // A new password ends whatever was signed in with the old one.
            try db.execute(sql: "DELETE FROM browser_session WHERE user_guid = ?", arguments: [guid.description])
            return try UserRecord.fetch(guid, in: db)
        }
    }

    func addKey(
        _ key: APIKeyRecord, hash: Digest, noting event: EventRecord?
    ) async throws(StoreError) -> APIKeyRecord {
        try await write(.nothing, noting: event) { [quotas] db in
            let room = try Room(for: .keysPerUser, of: key.userGUID, within: quotas, in: db)
            let stored = try Self.insert(key, hash: hash, in: db)
            try room.require(in: db)
            return stored
        }
    }

    func addVisitorKey(
        _ key: APIKeyRecord, hash: Digest, integrationVersion: Int64, at now: Timestamp
    ) async throws(StoreError) {
        try await write(.nothing) { db in
            try Self.require([.active(key.userGUID, atLeast: .viewer)], at: now, in: db)
            let stands = try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM association WHERE content_guid = ? AND integration_guid = ?)
                        AND EXISTS (SELECT 1 FROM integration WHERE guid = ? AND version = ?)
                    """,
                arguments: [
                    key.visitor?.contentGUID.description, key.visitor?.integrationGUID.description,
                    key.visitor?.integrationGUID.description, integrationVersion,
                ]
            )
            guard stands == true else { throw StoreError(.stale, "what the key comes from was changed") }
            try db.execute(
                sql: "DELETE FROM api_key WHERE visitor_integration_guid IS NOT NULL AND expires_at <= ?",
                arguments: [now.seconds]
            )
            _ = try Self.insert(key, hash: hash, in: db)
        }
    }

    func keys(of user: GUID) async throws(StoreError) -> [APIKeyRecord] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT * FROM api_key WHERE user_guid = ? AND visitor_integration_guid IS NULL ORDER BY id",
                arguments: [user.description]
            )
            .map(APIKeyRecord.init(row:))
        }
    }

    func removeKey(_ id: Int64, of user: GUID, noting event: EventRecord?) async throws(StoreError) -> Bool {
        try await write(.permissions(edits: .kept), noting: event) { db in
            try db.execute(
                sql: "DELETE FROM api_key WHERE id = ? AND user_guid = ? AND visitor_integration_guid IS NULL",
                arguments: [id, user.description])
            return db.changesCount > 0
        }
    }

    func key(hash: Digest) async throws(StoreError) -> (key: APIKeyRecord, user: UserRecord)? {
        try await read { db in try Self.fetchKey(hash: hash, in: db) }
    }

    func touchKey(_ id: Int64, at now: Timestamp) async throws(StoreError) {
        try await write(.nothing) { db in
            try db.execute(sql: "UPDATE api_key SET active_at = ? WHERE id = ?", arguments: [now.seconds, id])
        }
    }

    static func fetchKey(hash: Digest, in db: Database) throws -> (key: APIKeyRecord, user: UserRecord)? {
        // What a visitor's key may do is read with it: an option that is turned off counts at once.
        let statement = try db.cachedStatement(
            sql: """
                SELECT api_key.*, content.name AS visitor_content_name, integration.config AS visitor_config FROM api_key
                LEFT JOIN content ON content.guid = visitor_content_guid
                LEFT JOIN integration ON integration.guid = visitor_integration_guid
                WHERE api_key.hash = ?
                """)
        guard let row = try Row.fetchOne(statement, arguments: [hash.data]) else { return nil }
        let key = try APIKeyRecord(row: row)
        guard let user = try UserRecord.fetch(key.userGUID, in: db) else { return nil }
        return (key, user)
    }

    private static func insert(_ key: APIKeyRecord, hash: Digest, in db: Database) throws -> APIKeyRecord {
        try db.execute(
            sql: """
                INSERT INTO api_key (hash, user_guid, name, role, hint, content_guid, created_at, expires_at,
                    visitor_content_guid, visitor_integration_guid)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                hash.data, key.userGUID.description, key.name, key.role.rawValue, key.hint,
                key.contentGUID?.description,
                key.createdAt.seconds, key.expiresAt?.seconds, key.visitor?.contentGUID.description,
                key.visitor?.integrationGUID.description,
            ]
        )
        var stored = key
        stored.id = db.lastInsertedRowID
        return stored
    }

    private static func insertInvite(of user: GUID, hash: Digest, expiresAt: Timestamp, in db: Database) throws {
        try db.execute(
            sql: "INSERT INTO invite (hash, user_guid, expires_at) VALUES (?, ?, ?)",
            arguments: [hash.data, user.description, expiresAt.seconds]
        )
    }
}

extension UserRecord {
    init(row: Row) throws {
        self.init(
            guid: try row.guid("guid"), email: row["email"], username: row["username"], firstName: row["first_name"],
            lastName: row["last_name"], role: try row.value("role"), passwordHash: row["password_hash"],
            uniqueID: row["unique_id"],
            isLocked: row["locked"], wasMadeWithKey: row["made_with_key"],
            createdAt: row.time("created_at"), updatedAt: row.time("updated_at"),
            activeAt: row.optionalTime("active_at")
        )
    }

    static func fetch(_ guid: GUID, in db: Database) throws -> UserRecord? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM user WHERE guid = ?")
        return try Row.fetchOne(statement, arguments: [guid.description]).map(UserRecord.init(row:))
    }
}

extension APIKeyRecord {
    init(row: Row) throws {
        self.init(
            id: row["id"], userGUID: try row.guid("user_guid"), name: row["name"], role: try row.value("role"),
            hint: row["hint"],
            contentGUID: try row.optionalGUID("content_guid"), visitor: try VisitorKeyOrigin(row: row),
            createdAt: row.time("created_at"), activeAt: row.optionalTime("active_at"),
            expiresAt: row.optionalTime("expires_at")
        )
    }
}

extension VisitorKeyOrigin {
    fileprivate init?(row: Row) throws {
        guard let content = try row.optionalGUID("visitor_content_guid"),
            let integration = try row.optionalGUID("visitor_integration_guid")
        else { return nil }
        let config = try (row["visitor_config"] as String?).map { try JSON.parse($0) }
        self.init(
            contentGUID: content, integrationGUID: integration, contentName: row["visitor_content_name"] ?? "",
            allowsChanges: config?[Self.changesSetting]?.boolValue ?? false)
    }
}

extension Digest {
    var data: Data { Data(bytes) }
}
