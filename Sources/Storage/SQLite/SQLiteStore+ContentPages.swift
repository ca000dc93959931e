import GRDB

extension SQLiteStore: ContentPageStore {
    func contentListing(
        for user: GUID, seesAll: Bool, search: String, _ page: PageRequest
    ) async throws(StoreError) -> ContentListing {
        try await read { db in
            let chosen = Self.chosen(search)
            let arguments: StatementArguments = [
                "user": user.description, "all": seesAll, "search": search.lowercased(),
            ]
            let total = try Int.fetchOne(
                db.cachedStatement(sql: Membership.closure + " SELECT count(*) \(chosen)"), arguments: arguments)
            let contents = try Row.map(
                db.cachedStatement(
                    sql: Membership.closure + """
                         SELECT content.* \(chosen)
                        ORDER BY iif(title = '', name, title) COLLATE NOCASE, id LIMIT :limit OFFSET :offset
                        """),
                arguments: arguments + ["limit": page.size, "offset": page.offset], ContentRecord.init(row:))
            var owners: [GUID: UserRecord] = [:]
            for owner in Set(contents.map(\.ownerGUID)) { owners[owner] = try UserRecord.fetch(owner, in: db) }
            return ContentListing(
                contents: contents, total: total ?? 0, owners: owners,
                permissions: try Self.permissions(of: contents.map(\.guid), naming: user, in: db),
                groups: try Membership.groups(of: user, in: db))
        }
    }

    /// What `Contents.mayView` says of one content, for all of them; a test holds the two to each other.
    private static func chosen(_ search: String) -> String {
        """
        FROM content WHERE (:all OR access_type <> 'acl' OR owner_guid = :user OR \(Membership.isListed))
            AND \(found(search, in: "title", "name"))
        """
    }

    /// Whether one of two columns has `:search` in it.
    private static func found(_ search: String, in one: String, _ other: String) -> String {
        // SQLite's own lower() knows ASCII alone, and is much faster than Swift's, which knows every alphabet.
        let lower = search.utf8.allSatisfy { $0 < 0x80 } ? "lower" : "swiftLowercaseString"
        return "(:search = '' OR instr(\(lower)(\(one)), :search) > 0 OR instr(\(lower)(\(other)), :search) > 0)"
    }

    func attachableIntegrations(
        to content: GUID, by user: GUID, attachesAny: Bool, search: String, _ page: PageRequest
    ) async throws(StoreError) -> RecordPage<IntegrationRecord> {
        try await read { db in
            // What `[IntegrationPermissionRecord].permit` says of one integration, for all of them; a test holds the two to
            // each other.
            let chosen = """
                FROM integration WHERE NOT EXISTS (
                    SELECT 1 FROM association WHERE content_guid = :content AND integration_guid = integration.guid)
                AND (:any OR NOT EXISTS (SELECT 1 FROM integration_permission WHERE integration_guid = integration.guid)
                    OR EXISTS (SELECT 1 FROM integration_permission WHERE integration_guid = integration.guid
                        AND (user_guid = :user OR group_guid IN (SELECT guid FROM mine))))
                AND \(Self.found(search, in: "name", "description"))
                """
            let arguments: StatementArguments = [
                "content": content.description, "user": user.description, "any": attachesAny,
                "search": search.lowercased(),
            ]
            let total = try Int.fetchOne(
                db.cachedStatement(sql: Membership.closure + " SELECT count(*) \(chosen)"), arguments: arguments)
            let found = try Row.map(
                db.cachedStatement(
                    sql: Membership.closure
                        + " SELECT integration.* \(chosen) ORDER BY name COLLATE NOCASE, id LIMIT :limit OFFSET :offset"
                ),
                arguments: arguments + ["limit": page.size, "offset": page.offset], IntegrationRecord.init(row:))
            return RecordPage(elements: found, total: total ?? 0)
        }
    }

    private static func permissions(
        of contents: [GUID], naming user: GUID, in db: Database
    ) throws -> [ContentPermissionRecord] {
        guard !contents.isEmpty else { return [] }
        let names = contents.indices.map { "content\($0)" }
        var arguments: StatementArguments = ["user": user.description]
        for (name, guid) in zip(names, contents) { arguments += [name: guid.description] }
        return try Row.fetchAll(
            db,
            sql: Membership.closure + """
                 SELECT * FROM content_permission
                WHERE content_guid IN (\(names.map { ":" + $0 }.joined(separator: ", ")))
                    AND (user_guid = :user OR group_guid IN (SELECT guid FROM mine))
                """,
            arguments: arguments
        ).map(ContentPermissionRecord.init(row:))
    }

    func listed(on content: GUID, _ page: PageRequest) async throws(StoreError) -> RecordPage<ListedPrincipal> {
        try await read { db in
            let total = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM content_permission WHERE content_guid = ?",
                arguments: [content.description])
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT content_permission.*, coalesce(user_group.name, trim(first_name || ' ' || last_name)) AS called,
                        coalesce(email, '') AS email, coalesce(locked, 0) AS locked
                    FROM content_permission LEFT JOIN user ON user.guid = user_guid
                        LEFT JOIN user_group ON user_group.guid = group_guid
                    WHERE content_guid = ? ORDER BY content_permission.id LIMIT ? OFFSET ?
                    """,
                arguments: [content.description, page.size, page.offset])
            let listed = try rows.map {
                ListedPrincipal(
                    permission: try ContentPermissionRecord(row: $0), name: $0["called"], email: $0["email"],
                    isLocked: $0["locked"])
            }
            return RecordPage(elements: listed, total: total ?? 0)
        }
    }

    func remains(ofContent guid: GUID) async throws(StoreError) -> ContentRemains {
        try await read { db in
            func count(_ table: String) throws -> Int {
                try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM \(table) WHERE content_guid = ?", arguments: [guid.description]) ?? 0
            }
            return ContentRemains(
                integrations: try count("association"), listed: try count("content_permission"),
                variables: try count("environment_variable"), bundles: try count("bundle"))
        }
    }
}
