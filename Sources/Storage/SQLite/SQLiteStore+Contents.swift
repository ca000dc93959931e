import GRDB

extension SQLiteStore: ContentStore {
    func addContent(
        _ content: ContentRecord, noting event: EventRecord?
    ) async throws(StoreError) -> ContentRecord {
        try await write(.permissions(edits: .kept), noting: event) { [quotas] db in
            let room = try Room(for: .contents, within: quotas, in: db)
            try db.execute(
                sql: """
                    INSERT INTO content (guid, owner_guid, name, title, description, access_type, upstream_url, created_at, updated_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    content.guid.description, content.ownerGUID.description, content.name, content.title,
                    content.description,
                    content.accessType.rawValue, content.upstreamURL, content.createdAt.seconds,
                    content.updatedAt.seconds,
                ]
            )
            var stored = content
            stored.id = db.lastInsertedRowID
            try room.require(in: db)
            return stored
        }
    }

    func contents() async throws(StoreError) -> [ContentRecord] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM content ORDER BY id").map(ContentRecord.init(row:))
        }
    }

    func content(_ guid: GUID) async throws(StoreError) -> ContentRecord? {
        try await read { db in try ContentRecord.fetch(guid, in: db) }
    }

    func updateContent(
        _ content: ContentRecord, from before: ContentRecord, noting event: EventRecord?
    ) async throws(StoreError) -> ContentRecord {
        try await write(.permissions(edits: .content(content.guid)), noting: event) { db in
            // Read here, so that of two changes at the same time neither undoes the other: not a change of owner, above all.
            guard let current = try ContentRecord.fetch(content.guid, in: db) else {
                throw StoreError(.notFound, "no such content")
            }
            let content = current.taking(content, from: before)
            try db.execute(
                sql: """
                    UPDATE content SET owner_guid = ?, name = ?, title = ?, description = ?, access_type = ?, upstream_url = ?,
                        updated_at = ? WHERE guid = ?
                    """,
                arguments: [
                    content.ownerGUID.description, content.name, content.title, content.description,
                    content.accessType.rawValue,
                    content.upstreamURL, content.updatedAt.seconds, content.guid.description,
                ]
            )
            if content.accessType != current.accessType {
                try Self.refuseAnyone("content_guid", content.guid, in: db)
            }
            try Self.updateContentKey(of: content.guid, in: db)
            return content
        }
    }

    func removeContent(_ guid: GUID, noting event: EventRecord?) async throws(StoreError) {
        try await write(.permissions(edits: .kept), noting: event) { db in
            try db.execute(sql: "DELETE FROM content WHERE guid = ?", arguments: [guid.description])
        }
        // What cannot be removed now is swept away later.
        try? bundles.remove(guid)
    }

    func permissions(of content: GUID) async throws(StoreError) -> [ContentPermissionRecord] {
        try await read { db in try ContentPermissionRecord.fetchAll(of: content, in: db) }
    }

    func contentFacts(_ guid: GUID, for user: GUID) async throws(StoreError) -> ContentFacts {
        try await read { db in
            ContentFacts(
                content: try ContentRecord.fetch(guid, in: db),
                permissions: try ContentPermissionRecord.fetchAll(of: guid, in: db),
                groups: try Membership.groups(of: user, in: db)
            )
        }
    }

    func access(ofUser user: GUID) async throws(StoreError) -> UserAccess {
        try await read { db in
            let rows = try Row.fetchAll(
                db,
                sql: Membership.closure + """
                     SELECT * FROM content_permission WHERE user_guid = :user
                    UNION ALL SELECT content_permission.* FROM content_permission JOIN mine ON group_guid = mine.guid
                    """,
                arguments: ["user": user.description]
            )
            return UserAccess(
                groups: try Membership.groups(of: user, in: db),
                permissions: try rows.map(ContentPermissionRecord.init(row:))
            )
        }
    }

    func setPermission(
        _ permission: ContentPermissionRecord, noting event: EventRecord?
    ) async throws(StoreError) -> ContentPermissionRecord {
        try await write(.permissions(edits: .content(permission.contentGUID)), noting: event) { [quotas] db in
            let room = try Room(for: .permissionsPerContent, of: permission.contentGUID, within: quotas, in: db)
            let id = try Int64.fetchOne(
                db,
                sql: """
                    INSERT INTO content_permission (content_guid, user_guid, group_guid, level) VALUES (?, ?, ?, ?)
                    ON CONFLICT (content_guid, user_guid) DO UPDATE SET level = excluded.level
                    ON CONFLICT (content_guid, group_guid) DO UPDATE SET level = excluded.level RETURNING id
                    """,
                arguments: [
                    permission.contentGUID.description, permission.principal.userGUID?.description,
                    permission.principal.groupGUID?.description, permission.level.rawValue,
                ]
            )
            var stored = permission
            stored.id = id ?? 0
            try room.require(in: db)
            return stored
        }
    }

    func removePermission(
        _ id: Int64, of content: GUID, noting event: EventRecord?
    ) async throws(StoreError) -> Bool {
        try await write(.permissions(edits: .content(content)), noting: event) { db in
            try db.execute(
                sql: "DELETE FROM content_permission WHERE id = ? AND content_guid = ?",
                arguments: [id, content.description]
            )
            return db.changesCount > 0
        }
    }

    func associations(ofContent guid: GUID) async throws(StoreError) -> [AssociationRecord] {
        try await read { db in try AssociationRecord.fetchAll(ofContent: guid, in: db) }
    }

    func associations(ofIntegration guid: GUID) async throws(StoreError) -> [AssociationRecord] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: AssociationRecord.select + " WHERE integration_guid = ? ORDER BY associated_at, content_guid",
                arguments: [guid.description]
            ).map(AssociationRecord.init(row:))
        }
    }

    func replaceAssociations(
        of content: GUID, with integrations: [GUID], knowing known: Set<GUID>?, at now: Timestamp,
        noting event: EventRecord?
    ) async throws(StoreError) {
        try await write(.permissions(edits: .kept), noting: event) { [quotas] db in
            let room = try Room(for: .integrationsPerContent, of: content, within: quotas, in: db)
            guard let record = try ContentRecord.fetch(content, in: db) else {
                throw StoreError(.notFound, "no such content")
            }
            guard integrations.isEmpty || record.isInteractive ?? true else {
                throw StoreError(.conflict("app_mode"), "static content uses no integrations")
            }
            let old = Set(try AssociationRecord.fetchAll(ofContent: content, in: db).map(\.integration.guid))
            guard known == nil || known == old else {
                throw StoreError(.stale, "the content uses other integrations by now")
            }
            for guid in old.subtracting(integrations) {
                try db.execute(
                    sql: "DELETE FROM association WHERE content_guid = ? AND integration_guid = ?",
                    arguments: [content.description, guid.description]
                )
                try db.execute(
                    sql: "DELETE FROM api_key WHERE visitor_content_guid = ? AND visitor_integration_guid = ?",
                    arguments: [content.description, guid.description]
                )
            }
            for guid in integrations where !old.contains(guid) {
                try db.execute(
                    sql: "INSERT INTO association (content_guid, integration_guid, created_at) VALUES (?, ?, ?)",
                    arguments: [content.description, guid.description, now.seconds]
                )
            }
            try Self.refuseAnyone("content_guid", content, in: db)
            try room.require(in: db)
        }
    }

    /// Refuses what would let anybody open a content that acts for viewers who sign in; part of the transaction of each
    /// change that could.
    ///
    /// - Parameter column: what the GUID is of: `content_guid` or `integration_guid`.
    /// - Throws: `StoreError` `needsViewers`.
    static func refuseAnyone(_ column: String, _ guid: GUID, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: AssociationRecord.select
                + " JOIN content ON content.guid = content_guid WHERE access_type = ? AND \(column) = ?")
        let rows = try Row.fetchAll(statement, arguments: [AccessType.all.rawValue, guid.description])
        let open = try rows.map(AssociationRecord.init(row:)).first { $0.integration.actsForViewer }
        guard let open else { return }
        throw StoreError(
            .needsViewers(content: open.contentGUID, authType: open.integration.authType),
            "content that anybody may open cannot act for its viewers")
    }
}

extension ContentRecord {
    init(row: Row) throws {
        self.init(
            id: row["id"], guid: try row.guid("guid"), ownerGUID: try row.guid("owner_guid"), name: row["name"],
            title: row["title"], description: row["description"], accessType: try row.value("access_type"),
            upstreamURL: row["upstream_url"], createdAt: row.time("created_at"), updatedAt: row.time("updated_at"),
            deployment: DeploymentRecord(row: row)
        )
    }

    static func fetch(_ guid: GUID, in db: Database) throws -> ContentRecord? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM content WHERE guid = ?")
        return try Row.fetchOne(statement, arguments: [guid.description]).map(ContentRecord.init(row:))
    }
}

extension ContentPermissionRecord {
    init(row: Row) throws {
        self.init(
            id: row["id"], contentGUID: try row.guid("content_guid"), principal: try row.principal(),
            level: try row.value("level")
        )
    }

    static func fetchAll(of content: GUID, in db: Database) throws -> [ContentPermissionRecord] {
        let statement = try db.cachedStatement(
            sql: "SELECT * FROM content_permission WHERE content_guid = ? ORDER BY id")
        return try Row.fetchAll(statement, arguments: [content.description]).map(ContentPermissionRecord.init(row:))
    }
}

extension AssociationRecord {
    static let select = """
        SELECT integration.*, content_guid, association.created_at AS associated_at
        FROM association JOIN integration ON integration.guid = integration_guid
        """

    init(row: Row) throws {
        self.init(
            contentGUID: try row.guid("content_guid"), integration: try IntegrationRecord(row: row),
            createdAt: row.time("associated_at")
        )
    }

    static func fetchAll(ofContent guid: GUID, in db: Database) throws -> [AssociationRecord] {
        let statement = try db.cachedStatement(
            sql: select + " WHERE content_guid = ? ORDER BY associated_at, integration.id")
        return try Row.fetchAll(statement, arguments: [guid.description]).map(AssociationRecord.init(row:))
    }
}
