import GRDB

/// Who is in which group.
extension SQLiteStore {
    func members(
        of group: GUID, only user: GUID?, _ page: PageRequest
    ) async throws(StoreError) -> RecordPage<UserRecord> {
        try await read { db in
            let chosen = "group_guid = :group AND (:user IS NULL OR user_guid = :user)"
            let arguments: StatementArguments = ["group": group.description, "user": user?.description]
            let total = try Int.fetchOne(
                db, sql: "SELECT count(user_guid) FROM group_member WHERE \(chosen)", arguments: arguments)
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT user.* FROM group_member JOIN user ON guid = user_guid WHERE \(chosen)
                    ORDER BY group_member.id LIMIT :limit OFFSET :offset
                    """,
                arguments: arguments + ["limit": page.size, "offset": page.offset]
            )
            return RecordPage(elements: try rows.map(UserRecord.init(row:)), total: total ?? 0)
        }
    }

    func memberGroups(of group: GUID) async throws(StoreError) -> [GroupRecord] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT user_group.* FROM group_member JOIN user_group ON guid = member_group_guid WHERE group_guid = ?
                    ORDER BY group_member.id
                    """,
                arguments: [group.description]
            ).map(GroupRecord.init(row:))
        }
    }

    func memberGUIDs(of group: GUID) async throws(StoreError) -> Set<GUID> {
        try await read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT user_guid FROM group_member WHERE group_guid = ? AND user_guid IS NOT NULL",
                arguments: [group.description]
            )
            return Set(try rows.map { try $0.guid("user_guid") })
        }
    }

    func addMember(
        _ member: Principal, to group: GUID, noting event: EventRecord?
    ) async throws(StoreError) -> MemberAddition {
        try await write(.permissions(edits: .kept), noting: event) { db in
            guard try Membership.isKnown(.group(group), in: db) else { throw StoreError(.notFound, "no such group") }
            guard try Membership.isKnown(member, in: db) else { return .unknown }
            // Judged in the transaction that adds it: of two additions which close a circle together, the second is refused.
            if case .group(let inner) = member {
                let above = try Membership.chains(from: group, .upwards, in: db)
                guard above[inner] == nil, inner != group else { return .cycle }
                let below = try Membership.chains(from: inner, .downwards, in: db)
                let length = (above.values.max() ?? 1) + (below.values.max() ?? 1)
                guard length <= GroupRecord.maximumDepth else { return .tooDeep }
            }
            try db.execute(
                sql: """
                    INSERT INTO group_member (group_guid, user_guid, member_group_guid) VALUES (?, ?, ?)
                    ON CONFLICT DO NOTHING
                    """,
                arguments: [group.description, member.userGUID?.description, member.groupGUID?.description]
            )
            return .done
        }
    }

    func removeMember(
        _ member: GUID, from group: GUID, noting event: EventRecord?
    ) async throws(StoreError) -> Bool {
        try await write(.permissions(edits: .principal(member)), noting: event) { db in
            try db.execute(
                sql: "DELETE FROM group_member WHERE group_guid = ? AND (user_guid = ? OR member_group_guid = ?)",
                arguments: [group.description, member.description, member.description]
            )
            return db.changesCount > 0
        }
    }

    func groups(ofUser user: GUID) async throws(StoreError) -> Set<GUID> {
        try await read { db in try Membership.groups(of: user, in: db) }
    }

    func unknown(among principals: [Principal]) async throws(StoreError) -> [Principal] {
        try await read { db in try principals.filter { try !Membership.isKnown($0, in: db) } }
    }
}

/// The graph of groups within groups.
enum Membership {
    enum Direction {
        /// To the groups that a group is in.
        case upwards
        /// To the groups that are in a group.
        case downwards
    }

    /// The groups a user is in, directly or through others.
    static let closure = """
        WITH RECURSIVE mine (guid) AS (
            SELECT group_guid FROM group_member WHERE user_guid = :user
            UNION SELECT group_guid FROM group_member JOIN mine ON member_group_guid = mine.guid
        )
        """

    /// Beside `closure`: whether a content names `:user` or a group of theirs.
    ///
    /// SQLite finds what names them once, where a look at the list of each content would be taken thousands of times.
    static let isListed = """
        content.guid IN (
            SELECT content_guid FROM content_permission WHERE user_guid = :user
            UNION ALL SELECT content_guid FROM content_permission WHERE group_guid IN (SELECT guid FROM mine))
        """

    static func groups(of user: GUID, in db: Database) throws -> Set<GUID> {
        let statement = try db.cachedStatement(sql: closure + " SELECT guid FROM mine")
        return Set(try Row.fetchAll(statement, arguments: ["user": user.description]).map { try $0.guid("guid") })
    }

    static func isKnown(_ principal: Principal, in db: Database) throws -> Bool {
        let table = principal.groupGUID == nil ? "user" : "user_group"
        let statement = try db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM \(table) WHERE guid = ?)")
        return try Bool.fetchOne(statement, arguments: [principal.guid.description]) ?? false
    }

    /// All groups on the way up or down from a group, with the length of the longest chain to each; the group itself has 1.
    static func chains(from group: GUID, _ direction: Direction, in db: Database) throws -> [GUID: Int] {
        let (from, to) =
            switch direction {
            case .upwards: ("member_group_guid", "group_guid")
            case .downwards: ("group_guid", "member_group_guid")
            }
        // The bound ends the walk even in a file that somebody else gave a circle.
        let rows = try Row.fetchAll(
            db,
            sql: """
                WITH RECURSIVE way (guid, length) AS (
                    SELECT :group, 1
                    UNION SELECT \(to), length + 1 FROM group_member JOIN way ON \(from) = way.guid
                        WHERE \(to) IS NOT NULL AND length <= :bound
                ) SELECT guid, max(length) AS length FROM way GROUP BY guid
                """,
            arguments: ["group": group.description, "bound": GroupRecord.maximumDepth]
        )
        return Dictionary(uniqueKeysWithValues: try rows.map { (try $0.guid("guid"), $0["length"] as Int) })
    }
}
