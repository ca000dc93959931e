import GRDB
import JSON

extension SQLiteStore: DeploymentStore {
    func addBundle(
        _ bundle: BundleRecord, file: BundleUpload, placed: @escaping @Sendable () -> Void, noting event: EventRecord?
    ) async throws(StoreError) -> BundleRecord {
        let (stored, removed) = try await write(.nothing, noting: event) { [bundles, quotas, log] db in
            let room = try Room(for: .bundleBytes, within: quotas, in: db)
            try db.execute(
                sql: """
                    INSERT INTO bundle (content_guid, size, app_mode, r_version, py_version, quarto_version, source, created_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    bundle.contentGUID.description, bundle.size, bundle.manifest.appMode, bundle.manifest.rVersion,
                    bundle.manifest.pyVersion, bundle.manifest.quartoVersion, JSON.object(bundle.source).text(),
                    bundle.createdAt.seconds,
                ]
            )
            var stored = bundle
            stored.id = db.lastInsertedRowID
            let removed = try Self.removeOldest(of: bundle.contentGUID, sparing: stored.id, within: quotas, in: db)
            try room.require(in: db)
            if let event {
                for id in removed { try log.append(event.removing(bundle: id), in: db) }
            }
            // Before the commit: a row is never without its file, a file without a row is swept away.
            do throws(Files.Failure) { try bundles.place(file, as: stored.id, of: bundle.contentGUID) } catch {
                throw StoreError(.cannotWrite, error.description)
            }
            placed()
            return (stored, removed)
        }
        // What cannot be removed now is swept away later.
        for id in removed { try? bundles.remove(id, of: bundle.contentGUID) }
        return stored
    }

    /// Makes room for a new bundle of a content: its oldest ones go, but for the active one.
    private static func removeOldest(
        of content: GUID, sparing new: Int64, within quotas: Quotas, in db: Database
    ) throws -> [Int64] {
        try Int64.fetchAll(
            db,
            sql: """
                DELETE FROM bundle WHERE id IN (
                    SELECT id FROM bundle WHERE content_guid = :content AND id NOT IN (:new, :active) ORDER BY id
                    LIMIT max(0, (SELECT count(*) FROM bundle WHERE content_guid = :content) - :limit)
                ) RETURNING id
                """,
            arguments: [
                "content": content.description, "new": new,
                "active": try ContentRecord.fetch(content, in: db)?.deployment?.bundleID ?? new,
                "limit": quotas[.bundlesPerContent],
            ])
    }

    func bundles(of content: GUID) async throws(StoreError) -> [BundleRecord] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM bundle WHERE content_guid = ? ORDER BY id DESC",
                arguments: [content.description]
            ).map(BundleRecord.init(row:))
        }
    }

    func bundle(_ id: Int64, of content: GUID) async throws(StoreError) -> BundleRecord? {
        try await read { db in try BundleRecord.fetch(id, of: content, in: db) }
    }

    func removeBundle(_ id: Int64, of content: GUID, noting event: EventRecord?) async throws(StoreError) -> Bool {
        let removed = try await write(.nothing, noting: event) { db in
            guard try ContentRecord.fetch(content, in: db)?.deployment?.bundleID != id else {
                throw StoreError(.conflict("bundle_id"), "the bundle is the active one")
            }
            try db.execute(
                sql: "DELETE FROM bundle WHERE id = ? AND content_guid = ?", arguments: [id, content.description])
            return db.changesCount > 0
        }
        // What cannot be removed now is swept away later.
        if removed { try? bundles.remove(id, of: content) }
        return removed
    }

    func openBundle(_ id: Int64, of content: GUID) async throws(StoreError) -> BundleFile? {
        guard try await bundle(id, of: content) != nil else { return nil }
        do throws(Files.Failure) { return try bundles.open(id, of: content) } catch {
            // Removed in between, or damaged by somebody else.
            guard try await bundle(id, of: content) != nil else { return nil }
            throw StoreError(.damaged, error.description)
        }
    }

    func bundleBytes() async throws(StoreError) -> Int64 {
        try await read { db in try Int64.fetchOne(db, sql: "SELECT coalesce(sum(size), 0) FROM bundle") ?? 0 }
    }

    func deploy(
        _ deployment: DeploymentRecord?, refusingAssociations: Bool, task: TaskRecord, droppingBefore limit: Timestamp,
        noting event: EventRecord?
    ) async throws(StoreError) {
        try await write(deployment == nil ? .nothing : .permissions(edits: .kept), noting: event) { [quotas] db in
            if refusingAssociations, try !AssociationRecord.fetchAll(ofContent: task.contentGUID, in: db).isEmpty {
                throw StoreError(.conflict("association"), "the content has associations")
            }
            if let deployment { try deployment.store(in: db, for: task.contentGUID) }
            try db.execute(sql: "DELETE FROM task WHERE created_at < ?", arguments: [limit.seconds])
            try db.execute(
                sql: "INSERT INTO task (guid, content_guid, output, created_at) VALUES (?, ?, ?, ?)",
                arguments: [
                    task.guid.description, task.contentGUID.description,
                    JSON.array(task.output.map(JSON.string)).text(), task.createdAt.seconds,
                ]
            )
            try Quota.tasksPerContent.trim(of: task.contentGUID, within: quotas, in: db)
        }
    }

    func task(_ guid: GUID) async throws(StoreError) -> TaskRecord? {
        try await read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM task WHERE guid = ?", arguments: [guid.description])
                .map(TaskRecord.init(row:))
        }
    }

    /// Removes the files that no row knows. Only while nobody else writes: when the account is opened.
    func sweepBundles() throws {
        try bundles.sweep {
            let rows = try pool.read { db in try Row.fetchAll(db, sql: "SELECT id, content_guid FROM bundle") }
            return Set(rows.map { BundleFiles.name($0["id"], of: $0["content_guid"]) })
        }
    }
}

extension EventRecord {
    /// The line of a bundle that goes because a newer one came.
    fileprivate func removing(bundle id: Int64) -> EventRecord {
        EventRecord(
            .bundleDeleted, at: at, actor: actor, origin: origin, content: content,
            details: ["bundle_id": .integer(id), "reason": .string(Quota.bundlesPerContent.rawValue)])
    }
}

extension DeploymentRecord {
    /// nil where nothing was deployed yet.
    init?(row: Row) {
        guard let bundleID = row["bundle_id"] as Int64?, let at = row.optionalTime("deployed_at") else { return nil }
        self.init(bundleID: bundleID, manifest: BundleManifest(row: row), at: at)
    }

    fileprivate func store(in db: Database, for content: GUID) throws {
        guard try BundleRecord.fetch(bundleID, of: content, in: db) != nil else {
            throw StoreError(.notFound, "no such bundle")
        }
        try db.execute(
            sql: """
                UPDATE content SET bundle_id = ?, app_mode = ?, r_version = ?, py_version = ?, quarto_version = ?,
                    deployed_at = ?, updated_at = ? WHERE guid = ?
                """,
            arguments: [
                bundleID, manifest.appMode, manifest.rVersion, manifest.pyVersion, manifest.quartoVersion, at.seconds,
                at.seconds, content.description,
            ]
        )
    }
}

extension BundleManifest {
    init(row: Row) {
        self.init(
            appMode: row["app_mode"], rVersion: row["r_version"], pyVersion: row["py_version"],
            quartoVersion: row["quarto_version"]
        )
    }
}

extension BundleRecord {
    init(row: Row) throws {
        guard let source = try JSON.parse(row["source"] as String).objectValue else {
            throw StoreError(.damaged, "source is no object")
        }
        self.init(
            id: row["id"], contentGUID: try row.guid("content_guid"), size: row["size"],
            manifest: BundleManifest(row: row), source: source, createdAt: row.time("created_at")
        )
    }

    static func fetch(_ id: Int64, of content: GUID, in db: Database) throws -> BundleRecord? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM bundle WHERE id = ? AND content_guid = ?", arguments: [id, content.description]
        ).map(BundleRecord.init(row:))
    }
}

extension TaskRecord {
    init(row: Row) throws {
        guard let lines = try JSON.parse(row["output"] as String).arrayValue else {
            throw StoreError(.damaged, "output is no list")
        }
        self.init(
            guid: try row.guid("guid"), contentGUID: try row.guid("content_guid"),
            output: lines.compactMap(\.stringValue), createdAt: row.time("created_at")
        )
    }
}
