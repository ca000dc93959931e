import Foundation
import GRDB
import JSON

extension SQLiteStore: RevocationStore {
    func dropRefreshToken(of revocation: Int64) async throws(StoreError) {
        try await write(.nothing) { db in
            try db.execute(
                sql: "UPDATE revocation SET sealed_refresh_token = NULL WHERE id = ?", arguments: [revocation])
        }
    }

    func postponeRevocation(_ id: Int64, until: Timestamp) async throws(StoreError) {
        try await write(.nothing) { db in
            try db.execute(
                sql: "UPDATE revocation SET attempts = attempts + 1, next_attempt_at = ? WHERE id = ?",
                arguments: [until.seconds, id])
        }
    }

    func endRevocation(_ id: Int64, noting event: EventRecord?) async throws(StoreError) {
        try await write(.nothing, noting: event) { db in
            try db.execute(sql: "DELETE FROM revocation WHERE id = ?", arguments: [id])
        }
    }
}

extension RevocationRecord {
    /// Copies the tokens of sessions, with what is needed to revoke them; the caller ends the sessions in the same
    /// transaction. `condition` has one parameter, a GUID.
    static func queue(
        _ condition: String, _ guid: GUID, noting event: EventRecord?, at time: Timestamp? = nil, in db: Database
    ) throws {
        let now = (time ?? event?.at)?.seconds ?? 0
        try db.execute(
            sql: """
                INSERT INTO revocation (session_guid, user_guid, integration_guid, integration_name, template, auth_type,
                    config, sealed_secret, sealed_access_token, sealed_refresh_token, access_expires_at, correlation_id,
                    attempts, created_at, next_attempt_at)
                SELECT s.guid, s.user_guid, s.integration_guid, i.name, i.template, i.auth_type, i.config, i.sealed_secret,
                    s.sealed_access_token, s.sealed_refresh_token, s.expires_at, ?, 0, ?, ?
                FROM oauth_session s JOIN integration i ON i.guid = s.integration_guid WHERE \(condition) ORDER BY s.id
                """,
            arguments: [event?.origin.correlationID ?? "", now, now, guid.description]
        )
    }

    init(row: Row) throws {
        let createdAt = row.time("created_at")
        guard let config = try JSON.parse(row["config"] as String).objectValue else {
            throw StoreError(.damaged, "config is no object")
        }
        self.init(
            id: row["id"], sessionGUID: try row.guid("session_guid"), userGUID: try row.guid("user_guid"),
            integration: IntegrationRecord(
                guid: try row.guid("integration_guid"), name: row["integration_name"], description: "",
                template: row["template"], authType: row["auth_type"], config: config,
                sealedSecret: row.optionalBytes("sealed_secret"), createdAt: createdAt, updatedAt: createdAt
            ),
            accessToken: row.optionalBytes("sealed_access_token"),
            refreshToken: row.optionalBytes("sealed_refresh_token"),
            accessExpiresAt: row.optionalTime("access_expires_at"), correlationID: row["correlation_id"],
            attempts: row["attempts"], createdAt: createdAt, nextAttemptAt: row.time("next_attempt_at")
        )
    }
}
