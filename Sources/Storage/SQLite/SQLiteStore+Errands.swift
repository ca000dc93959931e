import GRDB

extension SQLiteStore: ErrandStore {
    func errands(at now: Timestamp, limit: Int) async throws(StoreError) -> ErrandPlan {
        try await read { db in
            let webhooks = try Row.fetchAll(db, sql: "SELECT * FROM webhook WHERE enabled ORDER BY id")
                .map(WebhookRecord.init(row:))
            var deliveries: [(delivery: DeliveryRecord, webhook: WebhookRecord)] = []
            var next: [Int64] = []
            for webhook in webhooks {
                deliveries += try Self.due(of: webhook, at: now, limit: limit, in: db).map { ($0, webhook) }
                next += try Self.next(of: webhook, after: now, in: db)
            }
            deliveries.sort {
                ($0.delivery.nextAttemptAt?.seconds ?? 0, $0.delivery.id)
                    < ($1.delivery.nextAttemptAt?.seconds ?? 0, $1.delivery.id)
            }
            let revocations = try Row.fetchAll(
                db, sql: "SELECT * FROM revocation WHERE next_attempt_at <= ? ORDER BY next_attempt_at, id LIMIT ?",
                arguments: [now.seconds, limit]
            ).map(RevocationRecord.init(row:))
            if let later = try Int64.fetchOne(
                db, sql: "SELECT min(next_attempt_at) FROM revocation WHERE next_attempt_at > ?",
                arguments: [now.seconds])
            {
                next.append(later)
            }
            return ErrandPlan(
                deliveries: deliveries, revocations: revocations,
                nextDue: next.min().map(Timestamp.init(seconds:)),
                deliveryCount: try Self.count("webhook_delivery WHERE finished_at IS NULL", in: db),
                revocationCount: try Self.count("revocation", in: db)
            )
        }
    }

    private static func due(
        of webhook: WebhookRecord, at now: Timestamp, limit: Int, in db: Database
    ) throws -> [DeliveryRecord] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT * FROM webhook_delivery WHERE webhook_guid = ? AND next_attempt_at <= ?
                ORDER BY next_attempt_at, id LIMIT ?
                """)
        return try Row.fetchAll(statement, arguments: [webhook.guid.description, now.seconds, limit])
            .map(DeliveryRecord.init(row:))
    }

    private static func next(of webhook: WebhookRecord, after now: Timestamp, in db: Database) throws -> [Int64] {
        let statement = try db.cachedStatement(
            sql: "SELECT min(next_attempt_at) FROM webhook_delivery WHERE webhook_guid = ? AND next_attempt_at > ?")
        guard let time = try Int64.fetchOne(statement, arguments: [webhook.guid.description, now.seconds]) else {
            return []
        }
        return [time]
    }

    private static func count(_ what: String, in db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM \(what)") ?? 0
    }
}
