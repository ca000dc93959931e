import GRDB
import JSON

extension SQLiteStore: ConnectionStore {
    /// The content that a person may open, in the words of `Contents.mayOpen`: it is for everybody, theirs, or lists them or
    /// a group that they are in.
    private static let opened =
        Membership.closure + """
            , opened (guid) AS (
                SELECT guid FROM content WHERE access_type <> '\(AccessType.acl.rawValue)' OR owner_guid = :user
                UNION SELECT content_guid FROM content_permission WHERE user_guid = :user
                UNION SELECT content_guid FROM content_permission JOIN mine ON group_guid = mine.guid
            )
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
                sql: Self.opened + """
                    , used (integration_guid, uses) AS (
                        SELECT integration_guid, count(*) FROM association JOIN opened ON guid = content_guid
                        GROUP BY integration_guid
                    )
                    SELECT integration.*, (SELECT uses FROM used WHERE integration_guid = integration.guid) AS uses
                    \(Self.chosen)
                    ORDER BY session.id IS NULL, uses IS NULL, name COLLATE NOCASE, integration.id
                    LIMIT :limit OFFSET :offset
                    """,
                arguments: arguments + ["limit": page.size, "offset": page.offset]
            )
            var found = try rows.map { row in
                let integration = try IntegrationRecord(row: row)
                return ConnectionFacts(
                    integration: integration,
                    session: try OAuthSessionRecord.fetch(user: user, integration: integration.guid, in: db),
                    contents: [], contentCount: row["uses"] ?? 0
                )
            }
            let contents = try Self.contents(of: user, using: found.map(\.integration.guid), most: most, in: db)
            for index in found.indices { found[index].contents = contents[found[index].integration.guid] ?? [] }
            return RecordPage(elements: found, total: total ?? 0)
        }
    }

    private static func contents(
        of user: GUID, using integrations: [GUID], most: Int, in db: Database
    ) throws -> [GUID: [ContentRecord]] {
        let rows = try Row.fetchAll(
            db,
            sql: opened + """
                SELECT * FROM (
                    SELECT content.*, integration_guid, row_number() OVER (
                        PARTITION BY integration_guid
                        ORDER BY coalesce(nullif(title, ''), name) COLLATE NOCASE, content.id) AS place
                    FROM association JOIN content ON content.guid = content_guid
                    WHERE integration_guid IN (SELECT value FROM json_each(:chosen))
                        AND content_guid IN (SELECT guid FROM opened)
                ) WHERE place <= :most ORDER BY place
                """,
            arguments: [
                "user": user.description, "most": most,
                "chosen": JSON.array(integrations.map { .string($0.description) }).text(),
            ]
        )
        return Dictionary(
            grouping: try rows.map { (try $0.guid("integration_guid"), try ContentRecord(row: $0)) }, by: \.0
        ).mapValues { $0.map(\.1) }
    }

    /// Words between commas, so that one can be looked for.
    private static func list(_ words: [String]) -> String { ",\(words.joined(separator: ","))," }
}
