import Cryptography
import Foundation
import GRDB

/// Who is who at the identity provider, and sign-ins on their way.
extension SQLiteStore {
    /// Anybody can begin one: more at a time come from nobody who wants to sign in.
    private static let maximumFlows = 10_000

    func beginSignInFlow(_ flow: SignInFlowRecord, at now: Timestamp) async throws(StoreError) {
        try await write(.nothing) { db in
            try db.execute(sql: "DELETE FROM sign_in_flow WHERE expires_at <= ?", arguments: [now.seconds])
            try db.execute(
                sql: """
                    INSERT INTO sign_in_flow (state_hash, browser_hash, settings_version, tester_guid, sealed_verifier,
                        sealed_nonce, issuer, requires_issuer, token_endpoint, authentication, jwks_uri,
                        user_info_endpoint, client_id, redirect_uri, return_path, expires_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    flow.stateHash.data, flow.browserHash.data, flow.settingsVersion, flow.testerGUID?.description,
                    Data(flow.sealedVerifier), Data(flow.sealedNonce), flow.issuer, flow.requiresIssuer,
                    flow.tokenEndpoint, flow.authentication, flow.jwksURI, flow.userInfoEndpoint, flow.clientID,
                    flow.redirectURI, flow.returnPath, flow.expiresAt.seconds,
                ])
            try db.execute(
                sql: """
                    DELETE FROM sign_in_flow WHERE id <=
                        (SELECT id FROM sign_in_flow ORDER BY id DESC LIMIT 1 OFFSET ?)
                    """,
                arguments: [Self.maximumFlows])
        }
    }

    func consumeSignInFlow(stateHash: Digest, at now: Timestamp) async throws(StoreError) -> SignInFlowRecord? {
        try await write(.nothing) { db in
            try Row.fetchOne(
                db, sql: "DELETE FROM sign_in_flow WHERE state_hash = ? AND expires_at > ? RETURNING *",
                arguments: [stateHash.data, now.seconds]
            ).map(SignInFlowRecord.init(row:))
        }
    }

    func user(issuer: String, subject: String) async throws(StoreError) -> UserRecord? {
        try await read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT user.* FROM user_identity JOIN user ON guid = user_guid WHERE issuer = ? AND subject = ?
                    """,
                arguments: [issuer, subject]
            ).map(UserRecord.init(row:))
        }
    }

    func identity(of user: GUID, issuer: String) async throws(StoreError) -> UserIdentityRecord? {
        try await read { db in
            try Row.fetchOne(
                db, sql: "SELECT * FROM user_identity WHERE user_guid = ? AND issuer = ?",
                arguments: [user.description, issuer]
            ).map { row in
                UserIdentityRecord(
                    issuer: row["issuer"], subject: row["subject"], userGUID: user, createdAt: row.time("created_at"))
            }
        }
    }

    func connectedUsers(
        issuer: String, _ page: PageRequest
    ) async throws(StoreError) -> RecordPage<ConnectedUser> {
        try await read { db in
            let total = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM user_identity WHERE issuer = ?", arguments: [issuer])
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT user.*, user_identity.created_at AS connected_at FROM user_identity JOIN user ON guid = user_guid
                    WHERE issuer = ? ORDER BY user_identity.id LIMIT ? OFFSET ?
                    """,
                arguments: [issuer, page.size, page.offset])
            return RecordPage(
                elements: try rows.map { ConnectedUser(user: try UserRecord(row: $0), since: $0.time("connected_at")) },
                total: total ?? 0)
        }
    }

    func addIdentity(
        _ identity: UserIdentityRecord, adding user: UserRecord?, noting events: [EventRecord]
    ) async throws(StoreError) {
        try await write(.permissions(edits: .kept), judging: events) { [log, quotas] db in
            if let user {
                let room = try Room(for: .users, within: quotas, in: db)
                try Self.insert(user, in: db)
                try room.require(in: db)
            }
            try db.execute(
                sql: "INSERT INTO user_identity (issuer, subject, user_guid, created_at) VALUES (?, ?, ?, ?)",
                arguments: [
                    identity.issuer, identity.subject, identity.userGUID.description, identity.createdAt.seconds,
                ])
            // Whoever has the link of the invite would choose a password for who comes in by the provider.
            try db.execute(
                sql: "DELETE FROM invite WHERE user_guid = ?", arguments: [identity.userGUID.description])
            for event in events { try log.append(event, in: db) }
        }
    }

    func directGroups(of user: GUID) async throws(StoreError) -> Set<GUID> {
        try await read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT group_guid FROM group_member WHERE user_guid = ?", arguments: [user.description])
            return Set(try rows.map { try $0.guid("group_guid") })
        }
    }

    func removeIdentity(
        of user: GUID, issuer: String, noting event: EventRecord?
    ) async throws(StoreError) -> Bool {
        try await write(.permissions(edits: .kept), noting: event) { db in
            try db.execute(
                sql: "DELETE FROM user_identity WHERE user_guid = ? AND issuer = ?",
                arguments: [user.description, issuer])
            guard db.changesCount > 0 else { return false }
            // The wrong person may be the one who is signed in.
            for table in ["browser_session", "workbench_session"] {
                try db.execute(sql: "DELETE FROM \(table) WHERE user_guid = ?", arguments: [user.description])
            }
            return true
        }
    }
}

extension SignInFlowRecord {
    fileprivate init(row: Row) throws {
        self.init(
            stateHash: try row.digest("state_hash"), browserHash: try row.digest("browser_hash"),
            settingsVersion: row["settings_version"], testerGUID: try row.optionalGUID("tester_guid"),
            sealedVerifier: row.bytes("sealed_verifier"), sealedNonce: row.bytes("sealed_nonce"),
            issuer: row["issuer"], requiresIssuer: row["requires_issuer"], tokenEndpoint: row["token_endpoint"],
            authentication: row["authentication"], jwksURI: row["jwks_uri"],
            userInfoEndpoint: row["user_info_endpoint"], clientID: row["client_id"],
            redirectURI: row["redirect_uri"], returnPath: row["return_path"], expiresAt: row.time("expires_at"))
    }
}
