import GRDB

extension SQLiteStore: GroupStore {
    func addGroup(_ group: GroupRecord, noting event: EventRecord?) async throws(StoreError) -> GroupRecord {
        try await write(.permissions(edits: .kept), noting: event) { [quotas] db in
            let room = try Room(for: .groups, within: quotas, in: db)
            try db.execute(
                sql: """
                    INSERT INTO user_group (guid, name, folded_name, unique_id, owner_guid, created_at, updated_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    group.guid.description, group.name, group.name.lowercased(), group.uniqueID,
                    group.ownerGUID?.description, group.createdAt.seconds, group.updatedAt.seconds,
                ]
            )
            var stored = group
            stored.id = db.lastInsertedRowID
            try room.require(in: db)
            return stored
        }
    }

    func groups(
        prefix: String, with user: GUID?, _ page: PageRequest
    ) async throws(StoreError) -> RecordPage<GroupRecord> {
        try await read { db in
            // length and substr both count in SQLite's characters, so that a prefix is compared with as much of the name.
            let chosen = """
                FROM user_group WHERE
                    (:folded = '' OR substr(folded_name, 1, length(:folded)) = :folded OR unique_id = :prefix)
                    AND (:user IS NULL OR guid IN mine)
                """
            let arguments: StatementArguments = [
                "folded": prefix.lowercased(), "prefix": prefix, "user": user?.description,
            ]
            let total = try Int.fetchOne(
                db, sql: "\(Membership.closure) SELECT count(*) \(chosen)", arguments: arguments)
            let rows = try Row.fetchAll(
                db, sql: "\(Membership.closure) SELECT * \(chosen) ORDER BY folded_name LIMIT :limit OFFSET :offset",
                arguments: arguments + ["limit": page.size, "offset": page.offset]
            )
            return RecordPage(elements: try rows.map(GroupRecord.init(row:)), total: total ?? 0)
        }
    }

    func group(_ guid: GUID) async throws(StoreError) -> GroupRecord? {
        try await read { db in try GroupRecord.fetch(guid, in: db) }
    }

    func group(name: String) async throws(StoreError) -> GroupRecord? {
        try await read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM user_group WHERE folded_name = ?", arguments: [name.lowercased()])
                .map(GroupRecord.init(row:))
        }
    }

    func updateGroup(
        _ group: GroupRecord, from old: GroupRecord, noting event: EventRecord?
    ) async throws(StoreError) {
        try await write(.permissions(edits: .kept), noting: event) { db in
            try db.execute(
                sql: """
                    UPDATE user_group SET name = ?, folded_name = ?, unique_id = ?, owner_guid = ?, updated_at = ?
                        WHERE guid = ? AND name = ? AND unique_id IS ? AND owner_guid IS ?
                    """,
                arguments: [
                    group.name, group.name.lowercased(), group.uniqueID, group.ownerGUID?.description,
                    group.updatedAt.seconds, group.guid.description, old.name, old.uniqueID,
                    old.ownerGUID?.description,
                ]
            )
            guard db.changesCount == 1 else { throw StoreError(.stale, "the group was changed by somebody else") }
        }
    }

    func removeGroup(_ guid: GUID, noting event: EventRecord?) async throws(StoreError) -> GroupRemoval {
        try await write(.permissions(edits: .principal(guid)), noting: event) { db in
            // An integration on which nobody is listed is for every publisher.
            let opened = try Row.fetchOne(
                db,
                sql: """
                    SELECT integration_guid FROM integration_permission AS mine WHERE group_guid = ? AND NOT EXISTS
                        (SELECT 1 FROM integration_permission WHERE integration_guid = mine.integration_guid AND id <> mine.id)
                    """,
                arguments: [guid.description]
            )
            if let opened { return .lastOfIntegration(try opened.guid("integration_guid")) }
            try db.execute(sql: "DELETE FROM user_group WHERE guid = ?", arguments: [guid.description])
            guard db.changesCount == 1 else { throw StoreError(.notFound, "no such group") }
            return .done
        }
    }
}

extension GroupRecord {
    init(row: Row) throws {
        self.init(
            id: row["id"], guid: try row.guid("guid"), name: row["name"], uniqueID: row["unique_id"],
            ownerGUID: try row.optionalGUID("owner_guid"), createdAt: row.time("created_at"),
            updatedAt: row.time("updated_at")
        )
    }

    static func fetch(_ guid: GUID, in db: Database) throws -> GroupRecord? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM user_group WHERE guid = ?")
        return try Row.fetchOne(statement, arguments: [guid.description]).map(GroupRecord.init(row:))
    }
}
