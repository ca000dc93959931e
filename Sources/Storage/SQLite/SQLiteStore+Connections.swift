import GRDB
import JSON

extension SQLiteStore: ConnectionStore {
    /// Whether a person may open a content, in the words of `Contents.mayOpen`: it is for everybody, theirs, or lists them or
    /// a group that they are in.
    private static let mayOpen = """
        (content.access_type <> '\(AccessType.acl.rawValue)' OR content.owner_guid = :user OR \(Membership.isListed))
        """

    private static let chosen = """
        FROM integration LEFT JOIN oauth_session AS session
            ON session.integration_guid = integration.guid AND session.user_guid = :user
        WHERE (session.id IS NOT NULL OR auth_type = 'Viewer' AND instr(:without, ',' || template || ',') = 0)
            AND (:text = '' OR instr(:templates, ',' || template || ',') > 0
                OR instr(swiftLowercaseString(name), :text) > 0 OR instr(swiftLowercaseString(description), :text) > 0)
        """

    /// One page of them: their numbers first, so that whole rows are read and sorted of those alone which are shown. Whether
    /// something uses an integration is asked where there is no login. CROSS JOIN keeps the order as it is written: from the
    /// few to the many.
    private static let firstOnes =
        Membership.closure + """
            , page AS MATERIALIZED (
                SELECT integration.id, name, CASE
                    WHEN session.id IS NOT NULL THEN 0
                    WHEN EXISTS (
                        SELECT 1 FROM association CROSS JOIN content ON content.guid = content_guid
                        WHERE integration_guid = integration.guid AND \(mayOpen)) THEN 1
                    ELSE 2 END AS place
                \(chosen)
                ORDER BY place, name COLLATE NOCASE, integration.id LIMIT :limit OFFSET :offset
            )
            SELECT integration.* FROM page CROSS JOIN integration ON integration.id = page.id
            ORDER BY place, page.name COLLATE NOCASE, page.id
            """

    func connections(
        of user: GUID, matching filter: ConnectionFilter, _ page: PageRequest, contents most: Int
    ) async throws(StoreError) -> RecordPage<ConnectionFacts> {
        let arguments: StatementArguments = [
            "user": user.description, "text": filter.text.lowercased(), "templates": Self.list(filter.templates),
            "without": Self.list(filter.templatesWithoutLogin),
        ]
        return try await read { db in
            let total = try Int.fetchOne(
                db.cachedStatement(sql: "SELECT count(*) \(Self.chosen)"), arguments: arguments)
            let integrations = try Row.map(
                db.cachedStatement(sql: Self.firstOnes),
                arguments: arguments + ["limit": page.size, "offset": page.offset], IntegrationRecord.init(row:))
            let chosen = JSON.array(integrations.map { .string($0.guid.description) }).text()
            let sessions = try Self.sessions(of: user, with: chosen, in: db)
            let contents = try Self.contents(of: user, using: chosen, most: most, in: db)
            let found = integrations.map { integration in
                let used = contents[integration.guid] ?? []
                return ConnectionFacts(
                    integration: integration, session: sessions[integration.guid], contents: used.map(\.content),
                    contentCount: used.first?.count ?? 0)
            }
            return RecordPage(elements: found, total: total ?? 0)
        }
    }

    /// A person's session with each of these integrations.
    private static func sessions(
        of user: GUID, with integrations: String, in db: Database
    ) throws -> [GUID: OAuthSessionRecord] {
        let found = try Row.map(
            db.cachedStatement(
                sql: """
                    SELECT oauth_session.* FROM json_each(?) AS chosen
                    CROSS JOIN oauth_session ON user_guid = ? AND integration_guid = chosen.value
                    """),
            arguments: [integrations, user.description], OAuthSessionRecord.init(row:))
        return Dictionary(found.map { ($0.integrationGUID, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The first of what uses each integration, of what the person may open, and how much there is in all.
    private static func contents(
        of user: GUID, using integrations: String, most: Int, in db: Database
    ) throws -> [GUID: [(content: ContentRecord, count: Int)]] {
        let uses = try Row.map(
            db.cachedStatement(
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
                    """),
            arguments: ["user": user.description, "most": most, "chosen": integrations]
        ) { row in
            (try row.guid("integration_guid"), (content: try ContentRecord(row: row), count: row["uses"] as Int))
        }
        return Dictionary(grouping: uses, by: \.0).mapValues { $0.map(\.1) }
    }

    /// Words between commas, so that one can be looked for.
    private static func list(_ words: [String]) -> String { ",\(words.joined(separator: ","))," }
}
