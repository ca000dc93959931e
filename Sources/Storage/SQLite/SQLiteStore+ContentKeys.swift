import GRDB
import JSON

/// Whose right to edit content a write may take away.
enum EditScope: Equatable {
    /// Nobody's.
    case kept
    /// Everybody's, of one content.
    case content(GUID)
    /// A user's, or that of all people in a group, of all content.
    case principal(GUID)
}

/// Who may edit content that holds keys, at one moment of a transaction.
///
/// Whoever may edit content can read the keys that it holds, its own and its visitors', and its session token. So when
/// somebody loses that right, all of them must end.
/// `SQLiteStore.write` compares the moments before and after each change of permissions, within the scope that the write
/// names. What is judged is what `Contents.mayEdit` judges.
struct EditRights {
    private enum Rights {
        case people(Set<String>, of: GUID)
        /// Each of the people may edit each of the contents.
        case contents(Set<String>, by: Set<String>)
    }

    private let rights: Rights

    /// - Returns: nil where no key can end.
    init?(_ scope: EditScope, in db: Database) throws {
        switch scope {
        case .kept:
            return nil
        case .content(let guid):
            guard try Self.holdsKeys(guid, in: db) else { return nil }
            rights = .people(try Self.people(editing: guid, in: db), of: guid)
        case .principal(let guid):
            let people = try Self.people(inGroup: guid, in: db)
            let contents =
                try people.isEmpty
                ? Self.contents(editableBy: guid.description, in: db) : Self.contents(editableByGroup: guid, in: db)
            guard !contents.isEmpty else { return nil }
            rights = .contents(contents, by: people.isEmpty ? [guid.description] : people)
        }
    }

    /// The content that somebody may not edit any more who could before.
    func lost(in db: Database) throws -> [String] {
        switch rights {
        case .people(let before, let guid):
            let isLost = try !before.subtracting(Self.people(editing: guid, in: db)).isEmpty
            return isLost ? [guid.description] : []
        case .contents(let before, let people):
            return try Self.lost(before, by: people, in: db).sorted()
        }
    }

    /// The contents that not all of these people may edit.
    ///
    /// Three queries, and time by the number of people plus that of contents: an account's writer waits for this.
    private static func lost(_ contents: Set<String>, by people: Set<String>, in db: Database) throws -> Set<String> {
        let roles = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT guid, role FROM json_each(?) JOIN user ON guid = value WHERE NOT locked AND role <> ?
                    """),
            arguments: [list(people), Role.viewer.rawValue])
        guard roles.count == people.count else { return contents }
        // Administrators may edit everything.
        let publishers = Set(
            roles.lazy.filter { $0["role"] != Role.administrator.rawValue }.map { $0["guid"] as String })
        let members = try members(publishers, in: db)
        // Most content names the same few groups, so whom they leave out is found once.
        var leftOut: [Set<String>: Set<String>] = [:]
        let lost = try editors(of: contents, in: db).filter { _, editors in
            let others =
                leftOut[editors.groups]
                ?? editors.groups.reduce(into: publishers) { $0.subtract(members[$1] ?? []) }
            leftOut[editors.groups] = others
            return !others.isSubset(of: editors.people)
        }
        return Set(lost.keys)
    }

    /// Which of these people are in each group, directly or through others.
    private static func members(_ people: Set<String>, in db: Database) throws -> [String: Set<String>] {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    WITH RECURSIVE mine (person, grp) AS (
                        SELECT user_guid, group_guid FROM json_each(?) JOIN group_member ON user_guid = value
                        UNION SELECT person, group_guid FROM mine JOIN group_member ON member_group_guid = grp
                    )
                    SELECT person, grp FROM mine
                    """),
            arguments: [list(people)])
        return rows.reduce(into: [:]) { $0[$1["grp"], default: []].insert($1["person"]) }
    }

    /// The editors that each content names: people, with its owner, and groups.
    private static func editors(
        of contents: Set<String>, in db: Database
    ) throws -> [String: (people: Set<String>, groups: Set<String>)] {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT content.guid AS content, owner_guid, user_guid, group_guid
                    FROM json_each(?) CROSS JOIN content ON content.guid = value
                    LEFT JOIN content_permission ON content_guid = content.guid AND level = ?
                    """),
            arguments: [list(contents), ContentPermissionRecord.Level.owner.rawValue])
        return rows.reduce(into: [:]) { found, row in
            var editors = found[row["content"]] ?? (people: [row["owner_guid"]], groups: [])
            if let person = row["user_guid"] as String? { editors.people.insert(person) }
            if let group = row["group_guid"] as String? { editors.groups.insert(group) }
            found[row["content"]] = editors
        }
    }

    private static func list(_ texts: Set<String>) -> String { JSON.array(texts.map(JSON.string)).text() }

    private static let levels: StatementArguments = [
        "owner": ContentPermissionRecord.Level.owner.rawValue, "viewer": Role.viewer.rawValue,
        "administrator": Role.administrator.rawValue,
    ]

    /// The condition that `content` holds a key.
    private static let holdsKeys = """
        (EXISTS (SELECT 1 FROM api_key WHERE api_key.content_guid = content.guid AND salt IS NOT NULL)
            OR EXISTS (SELECT 1 FROM api_key WHERE visitor_content_guid = content.guid))
        """

    private static func holdsKeys(_ guid: GUID, in db: Database) throws -> Bool {
        let statement = try db.cachedStatement(sql: "SELECT \(holdsKeys) FROM content WHERE guid = ?")
        return try Bool.fetchOne(statement, arguments: [guid.description]) ?? false
    }

    private static func contents(editableBy user: String, in db: Database) throws -> Set<String> {
        let statement = try db.cachedStatement(
            sql: Membership.closure + """
                 SELECT content.guid FROM user JOIN content
                WHERE user.guid = :user AND NOT locked AND \(holdsKeys)
                    AND (user.role = :administrator OR user.role <> :viewer
                        AND (content.owner_guid = :user OR EXISTS (SELECT 1 FROM content_permission AS listed
                            WHERE listed.content_guid = content.guid AND level = :owner
                                AND (listed.user_guid = :user OR listed.group_guid IN (SELECT guid FROM mine)))))
                """)
        return try String.fetchSet(statement, arguments: levels + ["user": user])
    }

    private static func contents(editableByGroup group: GUID, in db: Database) throws -> Set<String> {
        let statement = try db.cachedStatement(
            sql: """
                WITH RECURSIVE above (guid) AS (
                    SELECT :group UNION SELECT group_guid FROM group_member JOIN above ON member_group_guid = above.guid
                )
                SELECT content.guid FROM content_permission AS listed JOIN content ON content.guid = listed.content_guid
                WHERE level = :owner AND listed.group_guid IN (SELECT guid FROM above) AND \(holdsKeys)
                """)
        return try String.fetchSet(
            statement,
            arguments: ["group": group.description, "owner": ContentPermissionRecord.Level.owner.rawValue])
    }

    private static func people(inGroup group: GUID, in db: Database) throws -> Set<String> {
        let statement = try db.cachedStatement(
            sql: """
                WITH RECURSIVE below (guid) AS (
                    SELECT :group UNION SELECT member_group_guid FROM group_member JOIN below ON group_guid = below.guid
                        WHERE member_group_guid IS NOT NULL
                )
                SELECT DISTINCT user_guid FROM below JOIN group_member ON group_guid = below.guid
                    JOIN user ON user.guid = user_guid
                WHERE NOT locked AND role <> :viewer
                """)
        return try String.fetchSet(
            statement, arguments: ["group": group.description, "viewer": Role.viewer.rawValue])
    }

    private static func people(editing content: GUID, in db: Database) throws -> Set<String> {
        let statement = try db.cachedStatement(
            sql: """
                WITH RECURSIVE listed (grp) AS (
                    SELECT group_guid FROM content_permission
                        WHERE content_guid = :content AND level = :owner AND group_guid IS NOT NULL
                    UNION SELECT member_group_guid FROM listed JOIN group_member ON group_guid = grp
                        WHERE member_group_guid IS NOT NULL
                ),
                named (person) AS (
                    SELECT owner_guid FROM content WHERE guid = :content
                    UNION SELECT user_guid FROM content_permission
                        WHERE content_guid = :content AND level = :owner AND user_guid IS NOT NULL
                    UNION SELECT user_guid FROM listed JOIN group_member ON group_guid = grp WHERE user_guid IS NOT NULL
                    UNION SELECT guid FROM user WHERE role = :administrator
                )
                SELECT person FROM named JOIN user ON guid = person WHERE NOT locked AND role <> :viewer
                """)
        return try String.fetchSet(statement, arguments: levels + ["content": content.description])
    }
}

extension SQLiteStore {
    /// Ends the keys that content holds which somebody may not edit any more; part of the transaction that took the right
    /// away.
    ///
    /// The session tokens of the content end with its key: they name the salt that it was derived from.
    func endContentKeys(_ before: EditRights, noting event: EventRecord?, in db: Database) throws {
        for content in try before.lost(in: db) {
            try db.execute(
                sql: """
                    DELETE FROM api_key WHERE content_guid = :content AND salt IS NOT NULL OR visitor_content_guid = :content
                    """,
                arguments: ["content": content])
            guard let event, let guid = GUID(content) else { continue }
            try log.append(
                EventRecord(
                    .keyDeleted, at: event.at, actor: event.actor, origin: event.origin, content: guid,
                    details: ["reason": "editor_removed"]), in: db)
        }
    }
}
