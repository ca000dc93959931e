import GRDB

extension SQLiteStore: RosterStore {
    /// So many names of a list that may be long are read.
    private static let namesShown = 50

    func roster(_ filter: RosterFilter, _ page: PageRequest) async throws(StoreError) -> RecordPage<RosterEntry> {
        try await read { db in
            let (condition, arguments) = filter.condition
            let total = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM user WHERE \(condition)", arguments: arguments)
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT *, \(Self.lastKeyUse) AS key_active_at FROM user INDEXED BY user_by_roster WHERE \(condition)
                    ORDER BY email COLLATE NOCASE LIMIT ? OFFSET ?
                    """,
                arguments: arguments + [page.size, page.offset]
            )
            let users = try rows.map { (user: try UserRecord(row: $0), lastKeyUse: $0.optionalTime("key_active_at")) }
            let groups = try Self.directGroups(of: users.map(\.user.guid), in: db)
            let entries = users.map { user, lastKeyUse in
                RosterEntry(
                    user: user, lastActiveAt: Self.latest(user.activeAt, lastKeyUse), groups: groups[user.guid] ?? [])
            }
            return RecordPage(elements: entries, total: total ?? 0)
        }
    }

    func profile(_ guid: GUID, at now: Timestamp) async throws(StoreError) -> ProfileRecord? {
        try await read { db in
            guard let user = try UserRecord.fetch(guid, in: db) else { return nil }
            let mine: StatementArguments = [guid.description]
            let counts = try Row.fetchOne(
                db,
                sql: """
                    SELECT \(Self.lastKeyUse) AS key_active_at,
                        (SELECT expires_at FROM invite WHERE user_guid = user.guid AND expires_at > :now) AS invite,
                        (SELECT count(*) FROM browser_session WHERE user_guid = user.guid AND content_guid IS NULL
                            AND expires_at > :now) AS browsers,
                        (SELECT count(*) FROM api_key WHERE user_guid = user.guid AND visitor_integration_guid IS NULL)
                            AS keys,
                        (SELECT count(*) FROM workbench_session WHERE user_guid = user.guid AND expires_at > :now)
                            AS workbench
                    FROM user WHERE guid = :guid
                    """,
                arguments: ["guid": guid.description, "now": now.seconds])
            let direct = try Self.directGroups(of: [guid], in: db)[guid] ?? []
            let outer = try Membership.groups(of: guid, in: db).subtracting(direct.map(\.guid))
            let logins = try Row.fetchAll(
                db,
                sql: """
                    SELECT integration.guid, name, oauth_session.created_at, \(OAuthSessionRecord.whyOver) AS reason
                    FROM oauth_session JOIN integration ON integration.guid = integration_guid
                    WHERE user_guid = :user ORDER BY name
                    """,
                arguments: ["user": guid.description, "now": now.seconds])
            return ProfileRecord(
                user: user, lastActiveAt: Self.latest(user.activeAt, counts?.optionalTime("key_active_at")),
                inviteExpiresAt: counts?.optionalTime("invite"), groups: direct,
                outerGroups: try Self.groups(outer, in: db),
                logins: try logins.map {
                    ProfileRecord.Login(
                        integration: try NameRecord(.integration, row: $0), createdAt: $0.time("created_at"),
                        needsLogin: $0["reason"])
                },
                contents: try Self.list(
                    .content,
                    "SELECT guid, CASE title WHEN '' THEN name ELSE title END AS name FROM content WHERE owner_guid = ?",
                    mine, in: db),
                browsers: counts?["browsers"] ?? 0, keys: counts?["keys"] ?? 0,
                workbenchSessions: counts?["workbench"] ?? 0
            )
        }
    }

    func names(of guids: Set<GUID>) async throws(StoreError) -> [GUID: NameRecord] {
        try await read { db in
            var found: [GUID: NameRecord] = [:]
            guard !guids.isEmpty else { return found }
            let marks = databaseQuestionMarks(count: guids.count)
            let arguments = StatementArguments(guids.map(\.description))
            for kind in NameRecord.Kind.allCases {
                let rows = try Row.fetchAll(
                    db, sql: "SELECT guid, \(kind.name) AS name FROM \(kind.table) WHERE guid IN (\(marks))",
                    arguments: arguments)
                for row in rows {
                    let record = try NameRecord(kind, row: row)
                    found[record.guid] = record
                }
            }
            return found
        }
    }

    func guids(of kind: NameRecord.Kind, called name: String, limit: Int) async throws(StoreError) -> [GUID] {
        try await read { db in
            return try Row.fetchAll(
                db, sql: "SELECT guid FROM \(kind.table) WHERE \(kind.isCalled) ORDER BY id LIMIT :limit",
                arguments: ["name": name.lowercased(), "limit": limit]
            ).map { try $0.guid("guid") }
        }
    }

    private static let lastKeyUse = "(SELECT max(active_at) FROM api_key WHERE user_guid = user.guid)"

    private static func latest(_ one: Timestamp?, _ other: Timestamp?) -> Timestamp? {
        [one, other].compactMap { $0 }.max()
    }

    /// The groups that each of these users is in directly, by name.
    private static func directGroups(of users: [GUID], in db: Database) throws -> [GUID: [GroupRecord]] {
        guard !users.isEmpty else { return [:] }
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT user_guid, user_group.* FROM group_member JOIN user_group ON guid = group_guid
                WHERE user_guid IN (\(databaseQuestionMarks(count: users.count))) ORDER BY folded_name
                """,
            arguments: StatementArguments(users.map(\.description)))
        return try Dictionary(grouping: rows) { try $0.guid("user_guid") }.mapValues {
            try $0.map(GroupRecord.init(row:))
        }
    }

    private static func groups(_ guids: Set<GUID>, in db: Database) throws -> [GroupRecord] {
        guard !guids.isEmpty else { return [] }
        return try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM user_group WHERE guid IN (\(databaseQuestionMarks(count: guids.count)))
                ORDER BY folded_name
                """,
            arguments: StatementArguments(guids.map(\.description))
        ).map(GroupRecord.init(row:))
    }

    /// The first names of what a query finds, in alphabetical order, and how many there are.
    static func list(
        _ kind: NameRecord.Kind, _ sql: String, _ arguments: StatementArguments, in db: Database
    ) throws -> NameList {
        let total = try Int.fetchOne(db, sql: "SELECT count(*) FROM (\(sql))", arguments: arguments)
        let rows = try Row.fetchAll(
            db, sql: "SELECT * FROM (\(sql)) ORDER BY name COLLATE NOCASE LIMIT ?", arguments: arguments + [namesShown])
        return NameList(names: try rows.map { try NameRecord(kind, row: $0) }, total: total ?? 0)
    }
}

extension UserRecord {
    /// What the person is searched by. `Schema.roster` says the same of those who were there before.
    var folded: String { "\(firstName) \(lastName) \(email) \(username)".lowercased() }
}

extension NameRecord {
    init(_ kind: Kind, row: Row) throws { self.init(kind: kind, guid: try row.guid("guid"), name: row["name"]) }
}

extension NameRecord.Kind {
    fileprivate var table: String { self == .group ? "user_group" : rawValue }

    /// What people call it, in SQL.
    fileprivate var name: String {
        switch self {
        case .user: "email"
        case .group, .integration: "name"
        case .content: "CASE title WHEN '' THEN name ELSE title END"
        }
    }

    /// Whether it is called `:name`, which is in lower case.
    fileprivate var isCalled: String {
        switch self {
        // Both are ASCII, and have an index that knows no case.
        case .user: "email = :name COLLATE NOCASE OR username = :name COLLATE NOCASE"
        case .group: "folded_name = :name"
        case .integration: "swiftLowercaseString(name) = :name"
        case .content: "swiftLowercaseString(name) = :name OR swiftLowercaseString(title) = :name"
        }
    }
}

/// Words that are looked for one by one, in lower case.
enum SearchWords {
    static func split(_ text: String) -> [String] {
        text.lowercased().split { $0.isWhitespace }.map(String.init)
    }
}

extension RosterFilter {
    /// As `UserRecord.isConfirmed` judges.
    private var isConfirmed: String { "password_hash IS NOT NULL OR active_at IS NOT NULL OR made_with_key" }

    fileprivate var condition: (sql: String, arguments: StatementArguments) {
        var conditions = ["TRUE"]
        var arguments = StatementArguments()
        for word in SearchWords.split(words) {
            conditions.append("instr(folded, ?) > 0")
            arguments += [word]
        }
        if let role {
            conditions.append("role = ?")
            arguments += [role.rawValue]
        }
        switch state {
        case nil: break
        case .locked: conditions.append("locked")
        case .invited: conditions.append("NOT locked AND NOT (\(isConfirmed))")
        case .active: conditions.append("NOT locked AND (\(isConfirmed))")
        }
        return (conditions.joined(separator: " AND "), arguments)
    }
}
