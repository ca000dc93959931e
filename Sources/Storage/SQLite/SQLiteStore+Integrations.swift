import Cryptography
import Foundation
import GRDB
import JSON

extension SQLiteStore: IntegrationStore {
    func addIntegration(
        _ integration: IntegrationRecord, permissions: [IntegrationPermissionRecord], noting event: EventRecord?
    ) async throws(StoreError) -> IntegrationRecord {
        try await write(.permissions(edits: .kept), noting: event) { [quotas] db in
            let room = try Room(for: .integrations, within: quotas, in: db)
            let list = try Room(for: .permissionsPerIntegration, of: integration.guid, within: quotas, in: db)
            try db.execute(
                sql: """
                    INSERT INTO integration (guid, name, description, template, auth_type, config, sealed_secret, version,
                        created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    integration.guid.description, integration.name, integration.description, integration.template,
                    integration.authType, integration.configText, integration.sealedSecret.map { Data($0) },
                    integration.version,
                    integration.createdAt.seconds, integration.updatedAt.seconds,
                ]
            )
            var stored = integration
            stored.id = db.lastInsertedRowID
            try Self.insert(permissions, in: db)
            try room.require(in: db)
            try list.require(in: db)
            return stored
        }
    }

    func integrations() async throws(StoreError) -> [IntegrationRecord] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM integration ORDER BY id").map(IntegrationRecord.init(row:))
        }
    }

    func integration(_ guid: GUID) async throws(StoreError) -> IntegrationRecord? {
        try await read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM integration WHERE guid = ?", arguments: [guid.description])
                .map(IntegrationRecord.init(row:))
        }
    }

    func contentCounts() async throws(StoreError) -> [GUID: Int] {
        try await read { db in
            let rows = try Row.fetchAll(
                db,
                sql: "SELECT integration_guid, count(*) AS uses FROM association GROUP BY integration_guid"
            )
            return Dictionary(
                uniqueKeysWithValues: try rows.map { (try $0.guid("integration_guid"), $0["uses"] as Int) })
        }
    }

    func integrationPermissions() async throws(StoreError) -> [IntegrationPermissionRecord] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM integration_permission ORDER BY id")
                .map(IntegrationPermissionRecord.init(row:))
        }
    }

    func updateIntegration(
        _ integration: IntegrationRecord, permissions: [IntegrationPermissionRecord]?, endingSessions: Bool,
        revoking: Bool, noting events: [EventRecord]
    ) async throws(StoreError) {
        try await write(.permissions(edits: .kept), judging: events) { [log, quotas] db in
            if endingSessions, revoking {
                // Before the change: the tokens belong to the provider that was configured so far.
                try RevocationRecord.queue(
                    "s.integration_guid = ?", integration.guid, noting: events.first, at: integration.updatedAt, in: db)
            }
            let authType = try String.fetchOne(
                db, sql: "SELECT auth_type FROM integration WHERE guid = ?", arguments: [integration.guid.description])
            try db.execute(
                sql: """
                    UPDATE integration SET name = ?, description = ?, auth_type = ?, config = ?, sealed_secret = ?, version = ?,
                        updated_at = ? WHERE guid = ? AND version = ?
                    """,
                arguments: [
                    integration.name, integration.description, integration.authType, integration.configText,
                    integration.sealedSecret.map { Data($0) }, integration.version, integration.updatedAt.seconds,
                    integration.guid.description, integration.version - 1,
                ]
            )
            guard db.changesCount == 1 else { throw StoreError(.stale, "the integration was changed by somebody else") }
            if authType != integration.authType {
                try Self.refuseAnyone("integration_guid", integration.guid, in: db)
            }
            if let permissions {
                let list = try Room(for: .permissionsPerIntegration, of: integration.guid, within: quotas, in: db)
                try db.execute(
                    sql: "DELETE FROM integration_permission WHERE integration_guid = ?",
                    arguments: [integration.guid.description]
                )
                try Self.insert(permissions, in: db)
                try list.require(in: db)
            }
            // Their role was measured by the config that is now replaced.
            try db.execute(
                sql: "DELETE FROM api_key WHERE visitor_integration_guid = ?",
                arguments: [integration.guid.description]
            )
            if endingSessions {
                for table in ["oauth_session", "login_flow"] {
                    try db.execute(
                        sql: "DELETE FROM \(table) WHERE integration_guid = ?",
                        arguments: [integration.guid.description]
                    )
                }
            }
            for event in events { try log.append(event, in: db) }
        }
    }

    func removeIntegration(_ guid: GUID, revoking: Bool, noting event: EventRecord?) async throws(StoreError) {
        try await write(.permissions(edits: .kept), noting: event) { db in
            if revoking { try RevocationRecord.queue("s.integration_guid = ?", guid, noting: event, in: db) }
            try db.execute(sql: "DELETE FROM integration WHERE guid = ?", arguments: [guid.description])
        }
    }

    private static func insert(_ permissions: [IntegrationPermissionRecord], in db: Database) throws {
        for permission in permissions {
            try db.execute(
                sql:
                    "INSERT INTO integration_permission (guid, integration_guid, user_guid, group_guid) VALUES (?, ?, ?, ?)",
                arguments: [
                    permission.guid.description, permission.integrationGUID.description,
                    permission.principal.userGUID?.description, permission.principal.groupGUID?.description,
                ]
            )
        }
    }
}

extension SQLiteStore: LoginFlowStore {
    /// So many of one person wait for the provider's answer: more tabs than anybody has.
    private static let maximumLoginFlows = 50

    func beginLoginFlow(_ flow: LoginFlowRecord, at now: Timestamp) async throws(StoreError) {
        try await write(.nothing) { db in
            try db.execute(sql: "DELETE FROM login_flow WHERE expires_at <= ?", arguments: [now.seconds])
            try db.execute(
                sql: """
                    INSERT INTO login_flow (state_hash, browser_hash, integration_guid, integration_version, user_guid,
                        sealed_verifier, sealed_nonce, issuer, requires_issuer, token_endpoint, client_id, redirect_uri,
                        return_path, expires_at, purpose) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    flow.stateHash.data, flow.browserHash.data, flow.integrationGUID.description,
                    flow.integrationVersion,
                    flow.userGUID.description, flow.sealedVerifier.map { Data($0) }, Data(flow.sealedNonce),
                    flow.issuer,
                    flow.requiresIssuer, flow.tokenEndpoint, flow.clientID, flow.redirectURI, flow.returnPath,
                    flow.expiresAt.seconds, flow.purpose.rawValue,
                ]
            )
            try db.execute(
                sql: """
                    DELETE FROM login_flow WHERE user_guid = :user AND rowid NOT IN
                        (SELECT rowid FROM login_flow WHERE user_guid = :user ORDER BY rowid DESC LIMIT :most)
                    """,
                arguments: ["user": flow.userGUID.description, "most": Self.maximumLoginFlows])
        }
    }

    func consumeLoginFlow(stateHash: Digest, at now: Timestamp) async throws(StoreError) -> LoginFlowRecord? {
        try await write(.nothing) { db in
            let row = try Row.fetchOne(
                db,
                sql: "DELETE FROM login_flow WHERE state_hash = ? AND expires_at > ? RETURNING *",
                arguments: [stateHash.data, now.seconds]
            )
            return try row.map(LoginFlowRecord.init(row:))
        }
    }
}

extension IntegrationRecord {
    fileprivate var configText: String { JSON.object(config).text() }

    init(row: Row) throws {
        guard let config = try JSON.parse(row["config"] as String).objectValue else {
            throw StoreError(.damaged, "config is no object")
        }
        self.init(
            id: row["id"], guid: try row.guid("guid"), name: row["name"], description: row["description"],
            template: row["template"], authType: row["auth_type"], config: config,
            sealedSecret: row.optionalBytes("sealed_secret"), version: row["version"],
            createdAt: row.time("created_at"),
            updatedAt: row.time("updated_at")
        )
    }
}

extension IntegrationPermissionRecord {
    init(row: Row) throws {
        self.init(
            id: row["id"], guid: try row.guid("guid"), integrationGUID: try row.guid("integration_guid"),
            principal: try row.principal()
        )
    }

    static func fetchAll(of integration: GUID, in db: Database) throws -> [IntegrationPermissionRecord] {
        let statement = try db.cachedStatement(sql: "SELECT * FROM integration_permission WHERE integration_guid = ?")
        return try Row.fetchAll(statement, arguments: [integration.description])
            .map(IntegrationPermissionRecord.init(row:))
    }
}

extension LoginFlowRecord {
    init(row: Row) throws {
        self.init(
            stateHash: try row.digest("state_hash"), browserHash: try row.digest("browser_hash"),
            integrationGUID: try row.guid("integration_guid"), integrationVersion: row["integration_version"],
            userGUID: try row.guid("user_guid"), sealedVerifier: row.optionalBytes("sealed_verifier"),
            sealedNonce: row.bytes("sealed_nonce"), issuer: row["issuer"], requiresIssuer: row["requires_issuer"],
            tokenEndpoint: row["token_endpoint"], clientID: row["client_id"], redirectURI: row["redirect_uri"],
            returnPath: row["return_path"], expiresAt: row.time("expires_at"), purpose: try row.value("purpose")
        )
    }
}
