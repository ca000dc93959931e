import Cryptography
import Foundation
import GRDB

extension SQLiteStore: OAuthSessionStore {
    func oauthSessions(of user: GUID?) async throws(StoreError) -> [OAuthSessionRecord] {
        try await read { db in
            let rows =
                if let user {
                    try Row.fetchAll(
                        db,
                        sql: "SELECT * FROM oauth_session WHERE user_guid = ? ORDER BY id",
                        arguments: [user.description]
                    )
                } else {
                    try Row.fetchAll(db, sql: "SELECT * FROM oauth_session ORDER BY id")
                }
            return try rows.map(OAuthSessionRecord.init(row:))
        }
    }

    func oauthSession(_ guid: GUID) async throws(StoreError) -> OAuthSessionRecord? {
        try await read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM oauth_session WHERE guid = ?", arguments: [guid.description])
                .map(OAuthSessionRecord.init(row:))
        }
    }

    func oauthSession(user: GUID, integration: GUID) async throws(StoreError) -> OAuthSessionRecord? {
        try await read { db in try OAuthSessionRecord.fetch(user: user, integration: integration, in: db) }
    }

    func commitLogin(
        _ guid: GUID, user: GUID, integration: GUID, integrationVersion: Int64, tokens: SealedTokens, at now: Timestamp,
        noting event: EventRecord?
    ) async throws(StoreError) -> OAuthSessionRecord {
        try await write(.nothing, judging: [event].compactMap(\.self)) { [log] db in
            let unchanged = try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM integration WHERE guid = ? AND version = ?)
                        AND EXISTS (SELECT 1 FROM user WHERE guid = ? AND NOT locked)
                    """,
                arguments: [integration.description, integrationVersion, user.description]
            )
            guard unchanged == true else {
                throw StoreError(.stale, "the integration or the user changed during the login")
            }
            try db.execute(
                sql: """
                    INSERT INTO oauth_session (guid, user_guid, integration_guid, sealed_access_token, sealed_refresh_token,
                        expires_at, refresh_at, scope, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)
                    ON CONFLICT (user_guid, integration_guid) DO UPDATE SET sealed_access_token = excluded.sealed_access_token,
                        sealed_refresh_token = excluded.sealed_refresh_token, expires_at = excluded.expires_at,
                        refresh_at = excluded.refresh_at, scope = excluded.scope, needs_login = NULL, refresh_started_at = NULL,
                        unexplained_at = NULL, version = version + 1, updated_at = excluded.updated_at
                    """,
                arguments: [
                    guid.description, user.description, integration.description, Data(tokens.access),
                    tokens.refresh.map { Data($0) }, tokens.expiresAt?.seconds, tokens.refreshAt?.seconds, tokens.scope,
                    now.seconds, now.seconds,
                ]
            )
            guard let stored = try OAuthSessionRecord.fetch(user: user, integration: integration, in: db) else {
                throw StoreError(.failed, "the session was not stored")
            }
            // Who logs in again keeps the session there was: the line names that one.
            if let event { try log.append(event.about(stored.guid), in: db) }
            return stored
        }
    }

    func markRefresh(_ session: OAuthSessionRecord, at now: Timestamp) async throws(StoreError) {
        try await change(session, set: "refresh_started_at = ?", [now.seconds])
    }

    func unmarkRefresh(_ session: OAuthSessionRecord) async throws(StoreError) {
        try await change(session, set: "refresh_started_at = NULL", [])
    }

    func markUnexplained(
        _ session: OAuthSessionRecord, at now: Timestamp, keepingRefreshMark isKept: Bool
    ) async throws(StoreError) {
        try await change(
            session, set: isKept ? "unexplained_at = ?" : "unexplained_at = ?, refresh_started_at = NULL", [now.seconds]
        )
    }

    func requireLogin(
        _ session: OAuthSessionRecord, reason: String, at now: Timestamp, noting event: EventRecord?
    ) async throws(StoreError) {
        // Memory may hold an access token of this session that is not due yet: it must be forgotten.
        try await change(
            session,
            .sessions,
            set:
                "needs_login = ?, refresh_started_at = NULL, unexplained_at = NULL, version = version + 1, updated_at = ?",
            [reason, now.seconds], noting: event
        )
    }

    func commitRefresh(
        _ session: OAuthSessionRecord, tokens: SealedTokens, at now: Timestamp, noting event: EventRecord?
    ) async throws(StoreError) -> OAuthSessionRecord {
        try await change(
            session,
            set: """
                sealed_access_token = ?, sealed_refresh_token = ?, expires_at = ?, refresh_at = ?, scope = ?, needs_login = NULL,
                refresh_started_at = NULL, unexplained_at = NULL, version = version + 1, updated_at = ?
                """,
            [
                Data(tokens.access), tokens.refresh.map { Data($0) }, tokens.expiresAt?.seconds,
                tokens.refreshAt?.seconds,
                tokens.scope, now.seconds,
            ],
            noting: event
        )
        var stored = session
        stored.tokens = tokens
        stored.needsLogin = nil
        stored.refreshStartedAt = nil
        stored.unexplainedAt = nil
        stored.version += 1
        stored.updatedAt = now
        return stored
    }

    func removeOAuthSession(
        _ guid: GUID, revoking: Bool, noting event: EventRecord?
    ) async throws(StoreError) -> Bool {
        try await write(.sessions, noting: event) { db in
            if revoking { try RevocationRecord.queue("s.guid = ?", guid, noting: event, in: db) }
            try db.execute(sql: "DELETE FROM oauth_session WHERE guid = ?", arguments: [guid.description])
            return db.changesCount > 0
        }
    }

    func exchangeFacts(keyHash: Digest, user: GUID, content: GUID) async throws(StoreError) -> ExchangeFacts {
        try await read { db in
            let associations = try AssociationRecord.fetchAll(ofContent: content, in: db)
            let caller = try Self.fetchKey(hash: keyHash, in: db)
            return ExchangeFacts(
                caller: caller,
                callerGroups: try caller.map { try Membership.groups(of: $0.user.guid, in: db) } ?? [],
                content: try ContentRecord.fetch(content, in: db),
                permissions: try ContentPermissionRecord.fetchAll(of: content, in: db),
                viewer: try UserRecord.fetch(user, in: db),
                viewerGroups: try Membership.groups(of: user, in: db),
                associations: associations,
                sessions: try OAuthSessionRecord.fetchAll(of: user, for: associations, in: db),
                contentKeySalt: try Self.salt(of: content, in: db)
            )
        }
    }

    /// Changes a session whose version is still the one that was read.
    private func change(
        _ session: OAuthSessionRecord, _ effect: Effect = .nothing, set assignments: String,
        _ values: [(any DatabaseValueConvertible & Sendable)?], noting event: EventRecord? = nil
    ) async throws(StoreError) {
        try await write(effect, noting: event) { db in
            try db.execute(
                sql: "UPDATE oauth_session SET \(assignments) WHERE guid = ? AND version = ?",
                arguments: StatementArguments(values) + [session.guid.description, session.version]
            )
            guard db.changesCount == 1 else { throw StoreError(.stale, "the session was changed by somebody else") }
        }
    }
}

extension OAuthSessionRecord {
    init(row: Row) throws {
        self.init(
            id: row["id"], guid: try row.guid("guid"), userGUID: try row.guid("user_guid"),
            integrationGUID: try row.guid("integration_guid"),
            tokens: SealedTokens(
                access: row.bytes("sealed_access_token"), refresh: row.optionalBytes("sealed_refresh_token"),
                expiresAt: row.optionalTime("expires_at"), refreshAt: row.optionalTime("refresh_at"),
                scope: row["scope"]
            ),
            needsLogin: row["needs_login"], refreshStartedAt: row.optionalTime("refresh_started_at"),
            unexplainedAt: row.optionalTime("unexplained_at"),
            version: row["version"],
            createdAt: row.time("created_at"), updatedAt: row.time("updated_at")
        )
    }

    static func fetch(user: GUID, integration: GUID, in db: Database) throws -> OAuthSessionRecord? {
        let statement = try db.cachedStatement(
            sql: "SELECT * FROM oauth_session WHERE user_guid = ? AND integration_guid = ?"
        )
        return try Row.fetchOne(statement, arguments: [user.description, integration.description])
            .map(OAuthSessionRecord.init(row:))
    }

    static func fetchAll(of user: GUID, for associations: [AssociationRecord], in db: Database) throws
        -> [OAuthSessionRecord]
    {
        try associations.compactMap { try fetch(user: user, integration: $0.integration.guid, in: db) }
    }
}
