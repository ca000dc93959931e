import Foundation
import GRDB
import JSON

extension SQLiteStore: SingleSignOnStore {
    func singleSignOn() async throws(StoreError) -> SingleSignOnRecord? {
        try await read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM single_sign_on").map(SingleSignOnRecord.init(row:))
        }
    }

    func saveSingleSignOn(_ record: SingleSignOnRecord, noting event: EventRecord?) async throws(StoreError) {
        try await write(.permissions(edits: .kept), noting: event) { db in
            let wereOff = try Self.arePasswordsOff(in: db)
            let arguments: StatementArguments = [
                "next": record.changeCount + 1, "draft": JSON.object(record.draft.settings).text(),
                "draft_secret": record.draft.sealedSecret.map { Data($0) }, "draft_version": record.draft.version,
                "live": record.live.map { JSON.object($0.settings).text() },
                "live_secret": record.live?.sealedSecret.map { Data($0) }, "live_version": record.live?.version,
                "is_only": record.isOnly, "updated_at": record.updatedAt.seconds, "before": record.changeCount,
            ]
            try db.execute(
                sql: """
                    INSERT INTO single_sign_on (id, change_count, draft, draft_secret, draft_version, live, live_secret,
                        live_version, is_only, updated_at)
                    VALUES (1, :next, :draft, :draft_secret, :draft_version, :live, :live_secret, :live_version, :is_only,
                        :updated_at)
                    ON CONFLICT DO UPDATE SET change_count = :next, draft = :draft, draft_secret = :draft_secret,
                        draft_version = :draft_version, live = :live, live_secret = :live_secret,
                        live_version = :live_version, is_only = :is_only, updated_at = :updated_at
                        WHERE change_count = :before
                    """,
                arguments: arguments)
            guard db.changesCount == 1 else { throw StoreError(.stale, "single sign-on was changed by somebody else") }
            try Self.requireBreakGlass(in: db)
            if record.isOnly, !wereOff, let issuer = record.live?.settings["issuer"]?.stringValue {
                try Self.endSessionsOfPasswords(keeping: issuer, in: db)
            }
        }
    }

    /// Where passwords go off, so do the sessions of those who can have come in by nothing else.
    private static func endSessionsOfPasswords(keeping issuer: String, in db: Database) throws {
        try db.execute(
            sql: """
                DELETE FROM browser_session WHERE user_guid NOT IN (SELECT user_guid FROM user_identity WHERE issuer = ?)
                    AND user_guid NOT IN (SELECT user_guid FROM break_glass)
                """,
            arguments: [issuer])
    }

    func arePasswordsOff() async throws(StoreError) -> Bool {
        try await read { db in try Self.arePasswordsOff(in: db) }
    }

    func mayUsePassword(_ user: GUID) async throws(StoreError) -> Bool {
        try await read { db in try Self.mayUsePassword(user, in: db) }
    }

    static func mayUsePassword(_ user: GUID, in db: Database) throws -> Bool {
        guard try arePasswordsOff(in: db) else { return true }
        return try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM break_glass WHERE user_guid = ?)", arguments: [user.description])
            ?? false
    }

    func breakGlassUsers() async throws(StoreError) -> [UserRecord] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT user.* FROM break_glass JOIN user ON guid = user_guid ORDER BY user.id")
                .map(UserRecord.init(row:))
        }
    }

    func setBreakGlass(_ isNamed: Bool, user: GUID, noting event: EventRecord?) async throws(StoreError) {
        try await write(.permissions(edits: .kept), noting: event) { db in
            let sql =
                isNamed
                ? "INSERT INTO break_glass (user_guid) VALUES (?) ON CONFLICT DO NOTHING"
                : "DELETE FROM break_glass WHERE user_guid = ?"
            try db.execute(sql: sql, arguments: [user.description])
            try Self.requireBreakGlass(in: db)
        }
    }

    /// Where passwords are off, somebody must be left who can use one and put things right.
    static func requireBreakGlass(in db: Database) throws {
        guard try arePasswordsOff(in: db) else { return }
        let remains = try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (SELECT 1 FROM break_glass JOIN user ON guid = user_guid
                    WHERE role = ? AND NOT locked AND password_hash IS NOT NULL)
                """,
            arguments: [Role.administrator.rawValue])
        guard remains == true else { throw StoreError(.lastBreakGlass, "nobody could sign in with a password") }
    }

    private static func arePasswordsOff(in db: Database) throws -> Bool {
        let statement = try db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM single_sign_on WHERE is_only)")
        return try Bool.fetchOne(statement) ?? false
    }

    func keepSignInTest(_ test: SignInTestRecord, noting event: EventRecord?) async throws(StoreError) {
        try await write(.nothing, noting: event) { db in
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO sign_in_test (user_guid, settings_version, issuer, subject, report, at)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    test.userGUID.description, test.settingsVersion, test.issuer, test.subject,
                    JSON.object(test.report).text(), test.at.seconds,
                ])
        }
    }

    func signInTest(of user: GUID) async throws(StoreError) -> SignInTestRecord? {
        try await read { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT * FROM sign_in_test WHERE user_guid = ?", arguments: [user.description])
            guard let row else { return nil }
            return SignInTestRecord(
                userGUID: user, settingsVersion: row["settings_version"], issuer: row["issuer"],
                subject: row["subject"], report: try row.object("report"), at: row.time("at"))
        }
    }
}

extension SingleSignOnRecord {
    fileprivate init(row: Row) throws {
        var live: SingleSignOnState?
        if let version = row["live_version"] as Int64? {
            live = SingleSignOnState(
                version: version, settings: try row.object("live"), sealedSecret: row.optionalBytes("live_secret"))
        }
        self.init(
            changeCount: row["change_count"],
            draft: SingleSignOnState(
                version: row["draft_version"], settings: try row.object("draft"),
                sealedSecret: row.optionalBytes("draft_secret")),
            live: live, isOnly: row["is_only"], updatedAt: row.time("updated_at"))
    }
}

extension Row {
    fileprivate func object(_ column: String) throws -> JSONObject {
        guard let object = try JSON.parse(self[column] as String).objectValue else {
            throw StoreError(.damaged, "\(column) is no object")
        }
        return object
    }
}
