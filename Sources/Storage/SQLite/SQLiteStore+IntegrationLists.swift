import GRDB

extension SQLiteStore: IntegrationListStore {
    func integrations(
        matching filter: IntegrationFilter, _ page: PageRequest, at now: Timestamp
    ) async throws(StoreError) -> RecordPage<IntegrationSummary> {
        try await read { db in
            let (condition, arguments) = filter.condition
            let total = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM integration WHERE \(condition)", arguments: arguments)
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT guid, name, description, template, auth_type FROM integration WHERE \(condition)
                    ORDER BY name COLLATE NOCASE, id LIMIT ? OFFSET ?
                    """,
                arguments: arguments + [page.size, page.offset]
            )
            var found = try rows.map(IntegrationSummary.init(row:))
            try Self.count(&found, at: now, in: db)
            return RecordPage(elements: found, total: total ?? 0)
        }
    }

    func integrationFacts(_ guid: GUID) async throws(StoreError) -> IntegrationFacts? {
        try await read { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT * FROM integration WHERE guid = ?", arguments: [guid.description])
            guard let row else { return nil }
            let permissions = try Row.fetchAll(
                db, sql: "SELECT * FROM integration_permission WHERE integration_guid = ? ORDER BY id",
                arguments: [guid.description])
            let uses = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM association WHERE integration_guid = ?", arguments: [guid.description])
            return IntegrationFacts(
                integration: try IntegrationRecord(row: row),
                permissions: try permissions.map(IntegrationPermissionRecord.init(row:)), contentCount: uses ?? 0)
        }
    }

    func integrationUse(
        _ guid: GUID, _ page: PageRequest, at now: Timestamp
    ) async throws(StoreError) -> IntegrationUse {
        try await read { db in
            IntegrationUse(
                contents: try Self.contents(of: guid, page, in: db),
                sessions: try Self.sessions(of: guid, at: now, in: db), listed: try Self.listed(on: guid, in: db))
        }
    }

    /// Counts for these integrations alone, each from an index.
    private static func count(_ found: inout [IntegrationSummary], at now: Timestamp, in db: Database) throws {
        let marks = [String](repeating: "?", count: found.count).joined(separator: ", ")
        let guids = StatementArguments(found.map(\.guid.description))
        let uses = try Row.fetchAll(
            db,
            sql: """
                SELECT integration_guid, count(*) AS count FROM association WHERE integration_guid IN (\(marks))
                GROUP BY integration_guid
                """,
            arguments: guids)
        let sessions = try Row.fetchAll(
            db,
            sql: """
                SELECT integration_guid, needs_login IS NOT NULL AS has_ended, count(*) AS count FROM oauth_session
                WHERE integration_guid IN (\(marks)) GROUP BY 1, 2
                """,
            arguments: guids)
        // Those that nothing has been written of yet: their time is over, and nothing can renew them.
        let expired = try Row.fetchAll(
            db,
            sql: """
                SELECT integration_guid, count(*) AS count FROM oauth_session WHERE integration_guid IN (\(marks))
                    AND needs_login IS NULL AND sealed_refresh_token IS NULL AND expires_at <= ?
                GROUP BY integration_guid
                """,
            arguments: guids + [now.seconds])
        let places = Dictionary(uniqueKeysWithValues: found.enumerated().map { ($1.guid, $0) })
        for row in uses {
            guard let place = places[try row.guid("integration_guid")] else { continue }
            found[place].contentCount = row["count"]
        }
        for row in sessions {
            guard let place = places[try row.guid("integration_guid")] else { continue }
            if row["has_ended"] {
                found[place].loginRequiredCount = row["count"]
            } else {
                found[place].loggedInCount = row["count"]
            }
        }
        for row in expired {
            guard let place = places[try row.guid("integration_guid")] else { continue }
            found[place].loggedInCount -= row["count"]
            found[place].loginRequiredCount += row["count"]
        }
    }

    private static func contents(
        of guid: GUID, _ page: PageRequest, in db: Database
    ) throws -> RecordPage<IntegrationUse.Content> {
        let total = try Int.fetchOne(
            db, sql: "SELECT count(*) FROM association WHERE integration_guid = ?", arguments: [guid.description])
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT content.guid AS guid, iif(title = '', name, title) AS label
                FROM association JOIN content ON content.guid = content_guid WHERE integration_guid = ?
                ORDER BY label COLLATE NOCASE, content.id LIMIT ? OFFSET ?
                """,
            arguments: [guid.description, page.size, page.offset])
        return RecordPage(
            elements: try rows.map { IntegrationUse.Content(guid: try $0.guid("guid"), label: $0["label"]) },
            total: total ?? 0)
    }

    private static func sessions(
        of guid: GUID, at now: Timestamp, in db: Database
    ) throws -> [IntegrationUse.Sessions] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT \(OAuthSessionRecord.whyOver) AS reason, count(*) AS count FROM oauth_session
                WHERE integration_guid = :guid GROUP BY reason ORDER BY reason
                """,
            arguments: ["guid": guid.description, "now": now.seconds]
        ).map { IntegrationUse.Sessions(reason: $0["reason"], count: $0["count"]) }
    }

    private static func listed(on guid: GUID, in db: Database) throws -> [IntegrationUse.Listed] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT user_guid, group_guid, coalesce(user.email, user_group.name) AS label
                FROM integration_permission AS permission LEFT JOIN user ON user.guid = user_guid
                LEFT JOIN user_group ON user_group.guid = group_guid
                WHERE integration_guid = ? ORDER BY permission.id
                """,
            arguments: [guid.description]
        ).map { IntegrationUse.Listed(principal: try $0.principal(), label: $0["label"]) }
    }
}

extension IntegrationSummary {
    fileprivate init(row: Row) throws {
        self.init(
            guid: try row.guid("guid"), name: row["name"], description: row["description"], template: row["template"],
            authType: row["auth_type"])
    }
}

extension IntegrationFilter {
    fileprivate var condition: (sql: String, arguments: StatementArguments) {
        guard !text.isEmpty else { return ("TRUE", StatementArguments()) }
        // SQLite's own lower() knows ASCII alone; this function is Swift's, on every connection of GRDB.
        let folded = text.lowercased()
        var conditions = ["name", "description"].map { "instr(swiftLowercaseString(\($0)), ?) > 0" }
        var arguments: StatementArguments = [folded, folded]
        if !templates.isEmpty {
            let marks = [String](repeating: "?", count: templates.count).joined(separator: ", ")
            conditions.append("template IN (\(marks))")
            arguments += StatementArguments(templates)
        }
        return ("(\(conditions.joined(separator: " OR ")))", arguments)
    }
}
