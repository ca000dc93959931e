import GRDB
import JSON

extension SQLiteStore: ConnectionStore {
    /// Whether a person may open a content, in the words of `Contents.mayOpen`: it is for everybody, theirs, or lists them or
    /// a group that they are in.
    ///
    /// Asked of the content in question alone: to find all that a person may open takes longer than the whole page.
    private static let mayOpen = """
        (content.access_type <> '\(AccessType.acl.rawValue)' OR content.owner_guid = :user OR EXISTS (
            SELECT 1 FROM content_permission AS listed WHERE listed.content_guid = content.guid
                AND (listed.user_guid = :user OR listed.group_guid IN (SELECT guid FROM mine))))
        """

    private static let chosen = """
        FROM integration LEFT JOIN oauth_session AS session
            ON session.integration_guid = integration.guid AND session.user_guid = :user
        WHERE (session.id IS NOT NULL OR auth_type = 'Viewer' AND instr(:without, ',' || template || ',') = 0)
            AND (:text = '' OR instr(:templates, ',' || template || ',') > 0
                OR instr(swiftLowercaseString(name), :text) > 0 OR instr(swiftLowercaseString(description), :text) > 0)
        """

    func connections(
        of user: GUID, matching filter: ConnectionFilter, _ page: PageRequest, contents most: Int
    ) async throws(StoreError) -> RecordPage<ConnectionFacts> {
        let arguments: StatementArguments = [
            "user": user.description, "text": filter.text.lowercased(), "templates": Self.list(filter.templates),
            "without": Self.list(filter.templatesWithoutLogin),
        ]
        return try await read { db in
            let total = try Int.fetchOne(db, sql: "SELECT count(*) \(Self.chosen)", arguments: arguments)
            let rows = try Row.fetchAll(
                db,
                // CROSS JOIN keeps the order as it is written: from the few to the many.
                sql: Membership.closure + """
                     SELECT integration.*, EXISTS (
                        SELECT 1 FROM association CROSS JOIN content ON content.guid = content_guid
                        WHERE integration_guid = integration.guid AND \(Self.mayOpen)) AS is_used
                    \(Self.chosen)
                    ORDER BY session.id IS NULL, is_used = 0, name COLLATE NOCASE, integration.id
                    LIMIT :limit OFFSET :offset
                    """,
                arguments: arguments + ["limit": page.size, "offset": page.offset]
            )
            var found = try rows.map { row in
                let integration = try IntegrationRecord(row: row)
                return ConnectionFacts(
                    integration: integration,
                    session: try OAuthSessionRecord.fetch(user: user, integration: integration.guid, in: db),
                    contents: [], contentCount: 0
                )
            }
            let contents = try Self.contents(of: user, using: found.map(\.integration.guid), most: most, in: db)
            for index in found.indices {
                guard let used = contents[found[index].integration.guid] else { continue }
                found[index].contents = used.map(\.content)
                found[index].contentCount = used.first?.count ?? 0
            }
            return RecordPage(elements: found, total: total ?? 0)
        }
    }

    /// The first of what uses each integration, of what the person may open, and how much there is in all.
    private static func contents(
        of user: GUID, using integrations: [GUID], most: Int, in db: Database
    ) throws -> [GUID: [(content: ContentRecord, count: Int)]] {
        let rows = try Row.fetchAll(
            db,
            sql: Membership.closure + """
                , found AS MATERIALIZED (
                    SELECT content.id AS id, integration_guid, count(*) OVER (PARTITION BY integration_guid) AS uses,
                        row_number() OVER (
                            PARTITION BY integration_guid
                            ORDER BY coalesce(nullif(title, ''), name) COLLATE NOCASE, content.id) AS place
                    FROM json_each(:chosen) AS chosen CROSS JOIN association ON integration_guid = chosen.value
                    CROSS JOIN content ON content.guid = content_guid WHERE \(mayOpen)
                )
                SELECT content.*, integration_guid, uses FROM found CROSS JOIN content ON content.id = found.id
                WHERE place <= :most ORDER BY place
                """,
            arguments: [
                "user": user.description, "most": most,
                "chosen": JSON.array(integrations.map { .string($0.description) }).text(),
            ]
        )
        return Dictionary(
            grouping: try rows.map { row in
                (try row.guid("integration_guid"), (content: try ContentRecord(row: row), count: row["uses"] as Int))
            }, by: \.0
        ).mapValues { $0.map(\.1) }
    }

    /// Words between commas, so that one can be looked for.
    private static func list(_ words: [String]) -> String { ",\(words.joined(separator: ","))," }
}
