import Cryptography
import GRDB

extension SQLiteStore: GatewayStore {
    func addTicket(_ ticket: TicketRecord, at now: Timestamp) async throws(StoreError) {
        try await write(.nothing) { db in
            try db.execute(sql: "DELETE FROM ticket WHERE expires_at <= ?", arguments: [now.seconds])
            try db.execute(
                sql: """
                    INSERT INTO ticket (hash, binding, session_hash, user_guid, content_guid, expires_at) VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    ticket.hash.data, ticket.binding.data, ticket.sessionHash.data, ticket.userGUID.description,
                    ticket.contentGUID.description, ticket.expiresAt.seconds,
                ]
            )
        }
    }

    func consumeTicket(hash: Digest, at now: Timestamp) async throws(StoreError) -> TicketRecord? {
        try await write(.nothing) { db in
            let row = try Row.fetchOne(
                db,
                sql: "DELETE FROM ticket WHERE hash = ? AND expires_at > ? RETURNING *",
                arguments: [hash.data, now.seconds]
            )
            return try row.map { row in
                TicketRecord(
                    hash: hash, binding: try row.digest("binding"), sessionHash: try row.digest("session_hash"),
                    userGUID: try row.guid("user_guid"), contentGUID: try row.guid("content_guid"),
                    expiresAt: row.time("expires_at")
                )
            }
        }
    }

    func gatewayFacts(sessionHash: Digest?, content: GUID, at now: Timestamp) async throws(StoreError) -> GatewayFacts {
        try await read { db in
            let session = try sessionHash.flatMap { try BrowserSessionRecord.fetch($0, at: now, in: db) }
            let viewer = try session.flatMap { try UserRecord.fetch($0.userGUID, in: db) }
            let associations = try AssociationRecord.fetchAll(ofContent: content, in: db)
            return GatewayFacts(
                content: try ContentRecord.fetch(content, in: db),
                viewer: viewer,
                session: session,
                permissions: try ContentPermissionRecord.fetchAll(of: content, in: db),
                viewerGroups: try viewer.map { try Membership.groups(of: $0.guid, in: db) } ?? [],
                associations: associations,
                sessions: try viewer.map { try OAuthSessionRecord.fetchAll(of: $0.guid, for: associations, in: db) }
                    ?? []
            )
        }
    }
}
