import GRDB

/// Compares the number of rows before and after a change, in one transaction, and refuses growth above the limit.
///
/// A holder who is above a limit already, because it was lowered, may still take things away.
struct Room {
    private let quota: Quota
    private let holder: GUID?
    private let limit: Int
    private let before: Int

    /// - Parameter holder: the content, user or integration; nil where it is the account.
    init(for quota: Quota, of holder: GUID? = nil, within quotas: Quotas, in db: Database) throws {
        self.quota = quota
        self.holder = holder
        limit = quotas[quota]
        before = try quota.count(of: holder, in: db)
    }

    /// - Throws: `StoreError` `quota` where there are more than before, and more than the limit.
    func require(in db: Database) throws {
        let after = try quota.count(of: holder, in: db)
        guard after <= limit || after <= before else {
            throw StoreError(.quota(quota, limit: limit), "there are too many: \(quota.rawValue)")
        }
    }
}

extension Quota {
    fileprivate func count(of holder: GUID?, in db: Database) throws -> Int {
        let statement = try db.cachedStatement(sql: "SELECT \(total) FROM \(rows)")
        return try Int.fetchOne(statement, arguments: holder.map { [$0.description] } ?? []) ?? 0
    }

    private var total: String {
        switch self {
        case .bundleBytes: "coalesce(sum(size), 0)"
        case .variableBytesPerContent: "coalesce(sum(length(name) + length(sealed_value)), 0)"
        default: "count(*)"
        }
    }

    /// The table and the condition that finds a holder's rows.
    private var rows: String {
        switch self {
        case .bundlesPerContent: "bundle WHERE content_guid = ?"
        case .bundleBytes: "bundle"
        case .contents: "content"
        case .variablesPerContent, .variableBytesPerContent: "environment_variable WHERE content_guid = ?"
        case .permissionsPerContent: "content_permission WHERE content_guid = ?"
        case .integrationsPerContent: "association WHERE content_guid = ?"
        case .tasksPerContent: "task WHERE content_guid = ?"
        case .users: "user"
        case .groups: "user_group"
        case .integrations: "integration"
        case .permissionsPerIntegration: "integration_permission WHERE integration_guid = ?"
        case .webhooks: "webhook"
        // Those that people make: a content's own and visitors' come and go with what they are for.
        case .keysPerUser:
            "api_key WHERE user_guid = ? AND content_guid IS NULL AND visitor_integration_guid IS NULL"
        case .workbenchSessionsPerUser: "workbench_session WHERE user_guid = ?"
        case .browserSessionsPerUser: "browser_session WHERE user_guid = ? AND content_guid IS NULL"
        case .contentSessionsPerUser: "browser_session WHERE user_guid = ? AND content_guid IS NOT NULL"
        }
    }

    /// Removes the oldest rows above the limit, of what users do not delete themselves (sessions, tasks).
    func trim(of holder: GUID, within quotas: Quotas, in db: Database) throws {
        let table = rows.prefix { $0 != " " }
        try db.execute(
            sql: """
                DELETE FROM \(table) WHERE rowid IN
                    (SELECT rowid FROM \(rows) ORDER BY rowid DESC LIMIT -1 OFFSET ?)
                """, arguments: [holder.description, quotas[self]])
    }
}
