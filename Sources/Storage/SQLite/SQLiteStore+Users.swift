import GRDB

/// Lists of users, and changes to one.
extension SQLiteStore {
    func users(matching filter: UserFilter, _ page: PageRequest) async throws(StoreError) -> RecordPage<UserRecord> {
        try await read { db in
            let (condition, arguments) = filter.condition
            let total = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM user WHERE \(condition)", arguments: arguments)
            let rows = try Row.fetchAll(
                db, sql: "SELECT * FROM user WHERE \(condition) ORDER BY id LIMIT ? OFFSET ?",
                arguments: arguments + [page.size, page.offset]
            )
            return RecordPage(elements: try rows.map(UserRecord.init(row:)), total: total ?? 0)
        }
    }

    func changeUser(
        _ guid: GUID, _ changes: UserChanges, at now: Timestamp, noting event: EventRecord?
    ) async throws(StoreError) -> UserRecord {
        try await write(.permissions(edits: .principal(guid)), noting: event) { db in
            // Read here, so that of two changes at the same time neither undoes the other.
            guard let before = try UserRecord.fetch(guid, in: db) else { throw StoreError(.notFound, "no such user") }
            var user = changes.applied(to: before)
            user.updatedAt = now
            try db.execute(
                sql: """
                    UPDATE user SET email = ?, username = ?, first_name = ?, last_name = ?, role = ?, unique_id = ?, locked = ?,
                        updated_at = ?, folded = ? WHERE guid = ?
                    """,
                arguments: [
                    user.email, user.username, user.firstName, user.lastName, user.role.rawValue, user.uniqueID,
                    user.isLocked, now.seconds, user.folded, guid.description,
                ]
            )
            if user.isLocked {
                try db.execute(sql: "DELETE FROM browser_session WHERE user_guid = ?", arguments: [guid.description])
                try Self.endWorkbenchSessions(of: guid, in: db)
            }
            if user.email != before.email {
                // The link went to whoever reads the other address.
                try db.execute(sql: "DELETE FROM invite WHERE user_guid = ?", arguments: [guid.description])
            }
            if before.mayAdminister, !user.mayAdminister {
                try Self.requireAdministrator(in: db)
                try Self.requireBreakGlass(in: db)
            }
            return user
        }
    }

    func renewPasswordHash(of user: GUID, from old: String, to new: String) async throws(StoreError) {
        try await write(.nothing) { db in
            try db.execute(
                sql: "UPDATE user SET password_hash = ? WHERE guid = ? AND password_hash = ?",
                arguments: [new, user.description, old]
            )
        }
    }

    private static func requireAdministrator(in db: Database) throws {
        let remains = try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM user WHERE role = ? AND NOT locked)",
            arguments: [Role.administrator.rawValue]
        )
        guard remains == true else { throw StoreError(.lastAdministrator, "nobody could administer the account") }
    }
}

extension UserRecord {
    fileprivate var mayAdminister: Bool { role == .administrator && !isLocked }
}

extension UserFilter {
    fileprivate var condition: (sql: String, arguments: StatementArguments) {
        var conditions = ["TRUE"]
        var arguments = StatementArguments()
        if !prefix.isEmpty {
            // SQLite's own lower() knows ASCII alone; this function is Swift's, on every connection of GRDB.
            let folded = prefix.lowercased()
            let columns = ["username", "email", "first_name", "last_name"]
            let matches = columns.map { "substr(swiftLowercaseString(\($0)), 1, length(?)) = ?" } + ["unique_id = ?"]
            conditions.append("(\(matches.joined(separator: " OR ")))")
            for _ in columns { arguments += [folded, folded] }
            arguments += [prefix]
        }
        if !roles.isEmpty {
            conditions.append("role IN (\(Self.marks(roles.count)))")
            arguments += StatementArguments(roles.map(\.rawValue))
        }
        if !statuses.isEmpty {
            conditions.append(
                """
                CASE WHEN locked THEN 'locked' WHEN active_at >= ? OR EXISTS
                    (SELECT 1 FROM api_key WHERE user_guid = user.guid AND api_key.active_at >= ?) THEN 'licensed'
                    ELSE 'inactive' END IN (\(Self.marks(statuses.count)))
                """
            )
            arguments += [activeSince.seconds, activeSince.seconds]
            arguments += StatementArguments(statuses.map(\.rawValue))
        }
        return (conditions.joined(separator: " AND "), arguments)
    }

    private static func marks(_ count: Int) -> String { [String](repeating: "?", count: count).joined(separator: ", ") }
}
