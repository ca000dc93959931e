import GRDB
import JSON

/// Who may change content that has a key of its own, at one moment of a transaction.
///
/// Whoever may change content can read its key and its session token. So when somebody loses that right, whichever change
/// takes it away, both must end. `SQLiteStore.write` compares the moments before and after each change of permissions,
/// and so no change that takes rights away can forget it. What is judged is what `Contents.mayEdit` judges.
struct ContentEditors {
    private struct Editor: Hashable {
        let content: String
        let user: String
    }

    /// The content that has a key.
    private let contents: Set<String>
    /// Those who may change all content.
    private let administrators: Set<String>
    /// Who else may change which content: its owner, and who is listed as one, directly or through groups.
    private let editors: Set<Editor>

    /// - Returns: nil where no content has a key, so that nothing can end.
    init?(in db: Database) throws {
        let keyed = "SELECT content_guid FROM api_key WHERE salt IS NOT NULL"
        contents = try String.fetchSet(db.cachedStatement(sql: keyed))
        guard !contents.isEmpty else { return nil }
        administrators = try String.fetchSet(
            db.cachedStatement(sql: "SELECT guid FROM user WHERE NOT locked AND role = ?"),
            arguments: [Role.administrator.rawValue])
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    WITH RECURSIVE keyed (guid) AS (\(keyed)),
                    listed (content, grp) AS (
                        SELECT content_guid, group_guid FROM content_permission
                            WHERE level = :owner AND group_guid IS NOT NULL AND content_guid IN keyed
                        UNION SELECT content, member_group_guid FROM listed JOIN group_member ON group_guid = grp
                            WHERE member_group_guid IS NOT NULL
                    ),
                    named (content, person) AS (
                        SELECT guid, owner_guid FROM content WHERE guid IN keyed
                        UNION SELECT content_guid, user_guid FROM content_permission
                            WHERE level = :owner AND user_guid IS NOT NULL AND content_guid IN keyed
                        UNION SELECT content, user_guid FROM listed JOIN group_member ON group_guid = grp
                            WHERE user_guid IS NOT NULL
                    )
                    SELECT content, person FROM named JOIN user ON guid = person WHERE NOT locked AND role <> :viewer
                    """),
            arguments: [
                "owner": ContentPermissionRecord.Level.owner.rawValue, "viewer": Role.viewer.rawValue,
            ])
        editors = Set(rows.map { Editor(content: $0["content"], user: $0["person"]) })
    }

    /// The content that somebody may not change any more who could before.
    func lost(by after: ContentEditors) -> [String] {
        let demoted = administrators.subtracting(after.administrators)
        let gone = editors.subtracting(after.editors).filter { !after.administrators.contains($0.user) }
        var lost = Set(gone.map(\.content))
        for user in demoted {
            lost.formUnion(contents.filter { !after.editors.contains(Editor(content: $0, user: user)) })
        }
        return lost.intersection(after.contents).sorted()
    }
}

extension SQLiteStore {
    /// Ends the keys of content that somebody may not change any more; part of the transaction that took the right away.
    ///
    /// The session tokens of the content end with its key: they name the salt that it was derived from.
    func endContentKeys(_ before: ContentEditors, noting event: EventRecord?, in db: Database) throws {
        guard let after = try ContentEditors(in: db) else { return }
        for content in before.lost(by: after) {
            try db.execute(
                sql: "DELETE FROM api_key WHERE content_guid = ? AND salt IS NOT NULL", arguments: [content])
            guard let event, let guid = GUID(content) else { continue }
            try log.append(
                EventRecord(
                    .keyDeleted, at: event.at, actor: event.actor, origin: event.origin, content: guid,
                    details: ["reason": "somebody who could edit the content lost that right"]), in: db)
        }
    }
}
