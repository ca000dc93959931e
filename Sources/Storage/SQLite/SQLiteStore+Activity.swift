import GRDB

extension SQLiteStore: ActivityStore {
    /// What stands for the account as a whole; integrations count from 1.
    private static let account: Int64 = 0
    private static let columns = ActivityKind.allCases.map(\.rawValue)
    private static let sums = columns.map { "coalesce(sum(a.\($0)), 0) AS \($0)" }.joined(separator: ", ")

    private static let addition = """
        INSERT INTO activity (integration_id, span, start, \(columns.joined(separator: ", ")))
        VALUES (?, ?, ?\(String(repeating: ", ?", count: columns.count)))
        ON CONFLICT DO UPDATE SET \(columns.map { "\($0) = \($0) + excluded.\($0)" }.joined(separator: ", "))
        """

    func addActivity(_ records: [ActivityRecord]) async throws(StoreError) {
        try await write(.nothing) { db in
            let find = try db.cachedStatement(sql: "SELECT id FROM integration WHERE guid = ?")
            let add = try db.cachedStatement(sql: Self.addition)
            for record in records {
                let id = try Int64.fetchOne(find, arguments: [record.integration.description])
                for owner in [Self.account] + (id.map { [$0] } ?? []) {
                    for span in ActivitySpan.allCases {
                        let values = ActivityKind.allCases.map { record.counts[$0] }
                        try add.execute(
                            arguments: StatementArguments(
                                [owner, span.rawValue, span.start(of: record.hour).seconds] + values))
                    }
                }
            }
        }
    }

    func activity(of integration: GUID?, by span: ActivitySpan, from: Timestamp) async throws(StoreError)
        -> [Timestamp: ActivityCounts]
    {
        try await read { db in
            var owner: Int64? = Self.account
            if let integration {
                owner = try Int64.fetchOne(
                    db, sql: "SELECT id FROM integration WHERE guid = ?", arguments: [integration.description])
            }
            guard let owner else { return [:] }
            let rows = try Row.fetchAll(
                db,
                sql:
                    "SELECT start, \(Self.columns.joined(separator: ", ")) FROM activity WHERE integration_id = ? AND span = ? AND start >= ?",
                arguments: [owner, span.rawValue, from.seconds])
            return Dictionary(uniqueKeysWithValues: rows.map { ($0.time("start"), ActivityCounts(row: $0, from: 1)) })
        }
    }

    func activityTotals(by span: ActivitySpan, from: Timestamp) async throws(StoreError) -> [ActivityTotal] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT i.guid AS guid, i.name AS name, \(Self.sums) FROM integration AS i
                    LEFT JOIN activity AS a ON a.integration_id = i.id AND a.span = ? AND a.start >= ?
                    GROUP BY i.id ORDER BY i.name COLLATE NOCASE, i.id
                    """,
                arguments: [span.rawValue, from.seconds]
            ).map {
                ActivityTotal(
                    integration: try $0.guid("guid"), name: $0["name"], counts: ActivityCounts(row: $0, from: 2))
            }
        }
    }

    func pruneActivity(hoursBefore: Timestamp, daysBefore: Timestamp) async throws(StoreError) {
        try await write(.nothing) { db in
            for (span, time) in [(ActivitySpan.hour, hoursBefore), (.day, daysBefore)] {
                try db.execute(
                    sql: "DELETE FROM activity WHERE span = ? AND start < ?", arguments: [span.rawValue, time.seconds])
            }
        }
    }
}

extension ActivityCounts {
    /// By their places: a look for each name takes longer than all the rest.
    fileprivate init(row: Row, from place: Int) {
        self.init()
        for (number, kind) in ActivityKind.allCases.enumerated() { self[kind] = row[place + number] }
    }
}
