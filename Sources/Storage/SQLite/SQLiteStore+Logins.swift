import GRDB

/// How the logins of a content's viewers fare.
extension SQLiteStore {
    func logins(
        ofContent guid: GUID, at now: Timestamp, naming maximum: Int
    ) async throws(StoreError) -> [GUID: LoginCounts] {
        try await read { db in
            guard let content = try ContentRecord.fetch(guid, in: db) else { return [:] }
            // Where everybody may open it, indices answer alone; otherwise each login is held to the list.
            let viewers = content.accessType == .acl ? Self.listedViewers : ""
            let isViewer = content.accessType == .acl ? "s.user_guid IN (SELECT guid FROM viewer)" : "TRUE"
            var states: [GUID: LoginCounts] = [:]
            for integration in try AssociationRecord.fetchAll(ofContent: guid, in: db).map(\.integration) {
                var arguments: StatementArguments = ["integration": integration.guid.description]
                if !viewers.isEmpty { arguments += ["content": guid.description] }
                let all = try Int.fetchOne(
                    db.cachedStatement(
                        sql: viewers + """
                             SELECT (SELECT count(*) FROM oauth_session AS s WHERE integration_guid = :integration AND \(isViewer))
                                - (SELECT count(*) FROM user JOIN oauth_session AS s ON s.user_guid = user.guid
                                    AND integration_guid = :integration WHERE locked AND \(isViewer))
                            """),
                    arguments: arguments)
                let rows = try Row.fetchAll(
                    db.cachedStatement(
                        sql: viewers + """
                             SELECT user.*, reason, since, count(*) OVER () AS waiting FROM (
                                SELECT user_guid, needs_login AS reason, updated_at AS since FROM oauth_session
                                    WHERE integration_guid = :integration AND needs_login IS NOT NULL
                                UNION ALL
                                SELECT user_guid, '\(OAuthSessionRecord.expired)', expires_at FROM oauth_session
                                    WHERE integration_guid = :integration AND needs_login IS NULL
                                        AND sealed_refresh_token IS NULL AND expires_at <= :now
                            ) AS s JOIN user ON user.guid = s.user_guid AND NOT locked WHERE \(isViewer)
                            ORDER BY since DESC, user.id LIMIT :maximum
                            """),
                    arguments: arguments + ["now": now.seconds, "maximum": maximum])
                let waiting = try rows.map {
                    WaitingViewer(user: try UserRecord(row: $0), reason: $0["reason"], since: $0.time("since"))
                }
                let mustLogIn = rows.first.map { $0["waiting"] as Int } ?? 0
                states[integration.guid] = LoginCounts(
                    loggedIn: max(0, (all ?? 0) - mustLogIn), mustLogIn: mustLogIn, waiting: waiting)
            }
            return states
        }
    }

    /// The owner of a content, and who is listed on it, by themselves or through groups.
    private static let listedViewers = """
        WITH RECURSIVE listed_group (guid) AS (
            SELECT group_guid FROM content_permission WHERE content_guid = :content AND group_guid IS NOT NULL
            UNION SELECT member_group_guid FROM group_member JOIN listed_group ON group_guid = listed_group.guid
                WHERE member_group_guid IS NOT NULL
        ), viewer (guid) AS (
            SELECT owner_guid FROM content WHERE guid = :content
            UNION SELECT user_guid FROM content_permission WHERE content_guid = :content AND user_guid IS NOT NULL
            UNION SELECT user_guid FROM group_member JOIN listed_group ON group_guid = listed_group.guid
                WHERE user_guid IS NOT NULL
        )
        """
}

extension OAuthSessionRecord {
    /// Why its person must log in again, in SQL with `:now`; NULL where they need not. What the domain says of one session is
    /// said here of many; a test holds the two to each other.
    static let whyOver = """
        coalesce(needs_login, iif(sealed_refresh_token IS NULL AND expires_at <= :now, '\(expired)', NULL))
        """
}
