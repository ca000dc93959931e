import GRDB

/// Lists of groups, and what was given to one.
extension SQLiteStore {
    func groupRoster(words: String, _ page: PageRequest) async throws(StoreError) -> RecordPage<GroupEntry> {
        try await read { db in
            let wanted = SearchWords.split(words)
            let condition = Self.matching(wanted)
            let arguments = StatementArguments(wanted)
            let total = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM user_group WHERE \(condition)", arguments: arguments)
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT *, (SELECT email FROM user WHERE guid = owner_guid) AS owner,
                        (SELECT count(user_guid) FROM group_member WHERE group_guid = user_group.guid) AS users,
                        (SELECT count(member_group_guid) FROM group_member WHERE group_guid = user_group.guid) AS groups
                    FROM user_group WHERE \(condition) ORDER BY folded_name LIMIT ? OFFSET ?
                    """,
                arguments: arguments + [page.size, page.offset])
            let entries = try rows.map { row in
                let group = try GroupRecord(row: row)
                let owner = (row["owner"] as String?).flatMap { email in
                    group.ownerGUID.map { NameRecord(kind: .user, guid: $0, name: email) }
                }
                return GroupEntry(group: group, users: row["users"], groups: row["groups"], owner: owner)
            }
            return RecordPage(elements: entries, total: total ?? 0)
        }
    }

    func grants(of group: GUID) async throws(StoreError) -> GroupGrants {
        try await read { db in
            let mine: StatementArguments = [group.description]
            return GroupGrants(
                groups: try Self.list(
                    .group,
                    """
                    SELECT guid, name FROM group_member JOIN user_group ON guid = group_guid WHERE member_group_guid = ?
                    """, mine, in: db),
                contents: try Self.list(
                    .content,
                    """
                    SELECT content.guid, CASE title WHEN '' THEN name ELSE title END AS name FROM content_permission
                    JOIN content ON content.guid = content_guid WHERE group_guid = ?
                    """, mine, in: db),
                integrations: try Self.list(
                    .integration,
                    """
                    SELECT integration.guid, name FROM integration_permission
                    JOIN integration ON integration.guid = integration_guid WHERE group_guid = ?
                    """, mine, in: db)
            )
        }
    }

    func candidates(for group: GUID, words: String, limit: Int) async throws(StoreError) -> MemberCandidates {
        try await read { db in
            let wanted = SearchWords.split(words)
            let users = try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM user WHERE NOT locked AND \(wanted.map { _ in "instr(folded, ?) > 0" }.joined(" AND "))
                    AND NOT EXISTS (SELECT 1 FROM group_member WHERE group_guid = ? AND user_guid = user.guid)
                    ORDER BY email COLLATE NOCASE LIMIT ?
                    """,
                arguments: StatementArguments(wanted) + [group.description, limit + 1])
            let groups = try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM user_group WHERE \(Self.matching(wanted)) AND guid <> ? AND NOT EXISTS
                        (SELECT 1 FROM group_member WHERE group_guid = ? AND member_group_guid = user_group.guid)
                    ORDER BY folded_name LIMIT ?
                    """,
                arguments: StatementArguments(wanted) + [group.description, group.description, limit + 1])
            return MemberCandidates(
                users: try users.prefix(limit).map(UserRecord.init(row:)),
                groups: try groups.prefix(limit).map(GroupRecord.init(row:)),
                hasMore: users.count > limit || groups.count > limit)
        }
    }

    private static func matching(_ words: [String]) -> String {
        words.map { _ in "instr(folded_name, ?) > 0" }.joined(" AND ")
    }
}

extension [String] {
    /// Conditions as one; no condition is a true one.
    fileprivate func joined(_ word: String) -> String { isEmpty ? "TRUE" : joined(separator: word) }
}
