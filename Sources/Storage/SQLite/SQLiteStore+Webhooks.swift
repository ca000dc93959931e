import Foundation
import GRDB

extension SQLiteStore: WebhookStore {
    func addWebhook(_ webhook: WebhookRecord, noting event: EventRecord?) async throws(StoreError) -> WebhookRecord {
        try await write(.nothing, noting: event) { [quotas] db in
            let room = try Room(for: .webhooks, within: quotas, in: db)
            try db.execute(
                sql: """
                    INSERT INTO webhook (guid, url, description, events, enabled, sealed_secret, created_at, updated_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    webhook.guid.description, webhook.url, webhook.description, webhook.eventsText, webhook.isEnabled,
                    Data(webhook.sealedSecret), webhook.createdAt.seconds, webhook.updatedAt.seconds,
                ]
            )
            var stored = webhook
            stored.id = db.lastInsertedRowID
            try room.require(in: db)
            return stored
        }
    }

    func webhooks() async throws(StoreError) -> [WebhookRecord] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM webhook ORDER BY id").map(WebhookRecord.init(row:))
        }
    }

    func webhook(_ guid: GUID) async throws(StoreError) -> WebhookRecord? {
        try await read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM webhook WHERE guid = ?", arguments: [guid.description])
                .map(WebhookRecord.init(row:))
        }
    }

    func updateWebhook(
        _ webhook: WebhookRecord, from old: WebhookRecord, noting event: EventRecord?
    ) async throws(StoreError) {
        func changed(_ column: KeyPath<WebhookRecord, String>) -> String? {
            webhook[keyPath: column] == old[keyPath: column] ? nil : webhook[keyPath: column]
        }
        try await write(.nothing, noting: event) {
            [
                url = changed(\.url), description = changed(\.description), events = changed(\.eventsText)
            ] db in
            try db.execute(
                sql: """
                    UPDATE webhook SET url = COALESCE(?, url), description = COALESCE(?, description),
                        events = COALESCE(?, events), updated_at = ? WHERE guid = ?
                    """,
                arguments: [url, description, events, webhook.updatedAt.seconds, webhook.guid.description]
            )
            guard db.changesCount == 1 else { throw StoreError(.notFound, "no such webhook") }
            if (webhook.isEnabled, webhook.disabledReason) != (old.isEnabled, old.disabledReason) {
                try db.execute(
                    sql: "UPDATE webhook SET enabled = ?, disabled_reason = ? WHERE guid = ?",
                    arguments: [webhook.isEnabled, webhook.disabledReason, webhook.guid.description])
            }
            if webhook.sealedSecret != old.sealedSecret {
                try db.execute(
                    sql: """
                        UPDATE webhook SET sealed_secret = ?, sealed_old_secret = ?, old_secret_until = ? WHERE guid = ?
                        """,
                    arguments: [
                        Data(webhook.sealedSecret), webhook.sealedOldSecret.map { Data($0) },
                        webhook.oldSecretUntil?.seconds, webhook.guid.description,
                    ])
            }
        }
    }

    func removeWebhook(_ guid: GUID, noting event: EventRecord?) async throws(StoreError) -> Bool {
        try await write(.nothing, noting: event) { db in
            try db.execute(sql: "DELETE FROM webhook WHERE guid = ?", arguments: [guid.description])
            return db.changesCount > 0
        }
    }

    func deliveries(of webhook: GUID, limit: Int) async throws(StoreError) -> [DeliveryRecord] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM webhook_delivery WHERE webhook_guid = ? ORDER BY id DESC LIMIT ?",
                arguments: [webhook.description, limit]
            ).map(DeliveryRecord.init(row:))
        }
    }

    func addTestDelivery(to webhook: GUID, noting event: EventRecord) async throws(StoreError) -> DeliveryRecord {
        try await write(.nothing, noting: event) { db in
            let guid = try Outbox.queue(.test, event, to: webhook, in: db)
            let row = try Row.fetchOne(
                db, sql: "SELECT * FROM webhook_delivery WHERE guid = ?", arguments: [guid.description])
            guard let row else { throw StoreError(.failed, "the test was not queued") }
            return try DeliveryRecord(row: row)
        }
    }

    func finishAttempt(
        _ attempt: DeliveryAttempt, of delivery: DeliveryRecord, noting events: [EventRecord]
    ) async throws(StoreError) {
        try await write(.nothing) { [log] db in
            let (state, next): (DeliveryRecord.State, Timestamp?) =
                switch attempt.verdict {
                case .delivered: (.delivered, nil)
                case .again(let time): (.pending, time)
                case .dead: (.dead, nil)
                }
            let isOver = state != .pending
            try db.execute(
                sql: """
                    UPDATE webhook_delivery SET state = ?, attempts = attempts + 1, next_attempt_at = ?, last_status = ?,
                        last_error = ?, finished_at = ? WHERE guid = ?
                    """,
                arguments: [
                    state.rawValue, next?.seconds, attempt.status, attempt.error, isOver ? attempt.at.seconds : nil,
                    delivery.guid.description,
                ]
            )
            // Its webhook was deleted in the meantime: nothing is left to be told.
            guard db.changesCount == 1 else { return }
            if isOver { try Self.advance(delivery, at: attempt.at, in: db) }
            if let reason = attempt.disabling {
                try db.execute(
                    sql: "UPDATE webhook SET enabled = 0, disabled_reason = ?, updated_at = ? WHERE guid = ?",
                    arguments: [reason, attempt.at.seconds, delivery.webhookGUID.description])
            }
            for event in events { try log.append(event, in: db) }
        }
    }

    func pruneDeliveries(deliveredBefore: Timestamp, deadBefore: Timestamp) async throws(StoreError) {
        try await write(.nothing) { db in
            try db.execute(
                sql: """
                    DELETE FROM webhook_delivery WHERE finished_at IS NOT NULL
                        AND finished_at < CASE state WHEN 'dead' THEN ? ELSE ? END
                    """,
                arguments: [deadBefore.seconds, deliveredBefore.seconds])
        }
    }

    /// Gives the next one of the lane its turn.
    private static func advance(_ delivery: DeliveryRecord, at now: Timestamp, in db: Database) throws {
        try db.execute(
            sql: """
                UPDATE webhook_delivery SET state = 'pending', next_attempt_at = ? WHERE id = (
                    SELECT id FROM webhook_delivery WHERE webhook_guid = ? AND lane = ? AND finished_at IS NULL
                    ORDER BY id LIMIT 1)
                """,
            arguments: [now.seconds, delivery.webhookGUID.description, delivery.lane])
    }
}

extension WebhookRecord {
    fileprivate var eventsText: String { events.map(\.rawValue).joined(separator: ",") }

    init(row: Row) throws {
        self.init(
            id: row["id"], guid: try row.guid("guid"), url: row["url"], description: row["description"],
            events: (row["events"] as String).split(separator: ",").compactMap { WebhookEvent(rawValue: String($0)) },
            isEnabled: row["enabled"], disabledReason: row["disabled_reason"], sealedSecret: row.bytes("sealed_secret"),
            sealedOldSecret: row.optionalBytes("sealed_old_secret"),
            oldSecretUntil: row.optionalTime("old_secret_until"), createdAt: row.time("created_at"),
            updatedAt: row.time("updated_at")
        )
    }
}

extension DeliveryRecord {
    init(row: Row) throws {
        self.init(
            id: row["id"], guid: try row.guid("guid"), webhookGUID: try row.guid("webhook_guid"),
            event: try row.value("event"), lane: row["lane"], payload: row["payload"], state: try row.value("state"),
            attempts: row["attempts"], createdAt: row.time("created_at"),
            nextAttemptAt: row.optionalTime("next_attempt_at"), lastStatus: row["last_status"],
            lastError: row["last_error"], finishedAt: row.optionalTime("finished_at")
        )
    }
}
