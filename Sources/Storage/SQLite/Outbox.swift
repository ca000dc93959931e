import GRDB
import JSON

/// Puts events on their way to those who subscribed to them, in the transaction of the change that they tell of.
enum Outbox {
    static func queue(_ event: EventRecord, in db: Database) throws {
        guard let kind = event.action.webhook, kind != .test else { return }
        let statement = try db.cachedStatement(sql: "SELECT guid, events FROM webhook WHERE enabled ORDER BY id")
        for row in try Row.fetchAll(statement) {
            guard (row["events"] as String).split(separator: ",").contains(where: { $0 == kind.rawValue }) else {
                continue
            }
            _ = try queue(kind, event, to: try row.guid("guid"), in: db)
        }
    }

    /// - Returns: the new delivery's GUID.
    static func queue(_ kind: WebhookEvent, _ event: EventRecord, to webhook: GUID, in db: Database) throws -> GUID {
        let guid = GUID(tenant: webhook.tenant)
        let lane = lane(of: event) ?? guid.description
        let isBehind = try db.cachedStatement(
            sql: """
                SELECT EXISTS (SELECT 1 FROM webhook_delivery
                    WHERE webhook_guid = ? AND lane = ? AND finished_at IS NULL)
                """)
        let waits = try Bool.fetchOne(isBehind, arguments: [webhook.description, lane]) ?? false
        let state: DeliveryRecord.State = waits ? .waiting : .pending
        let insertion = try db.cachedStatement(
            sql: """
                INSERT INTO webhook_delivery (guid, webhook_guid, event, lane, payload, state, created_at, next_attempt_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try insertion.execute(
            arguments: [
                guid.description, webhook.description, kind.rawValue, lane, payload(kind, event).text(), state.rawValue,
                event.at.seconds, waits ? nil : event.at.seconds,
            ]
        )
        return guid
    }

    /// Events of one session arrive in their order. A session is a viewer's with an integration, however often it ended
    /// in between; what concerns no session is in order by integration.
    private static func lane(of event: EventRecord) -> String? {
        guard let integration = event.integration else { return nil }
        return "\(integration)/\(event.details["user_guid"]?.stringValue ?? "")"
    }

    /// The body in the form of Standard Webhooks: `type`, `timestamp`, `data`.
    private static func payload(_ kind: WebhookEvent, _ event: EventRecord) -> JSON {
        func text(_ guid: GUID?) -> JSON { guid.map { .string($0.description) } ?? .null }
        var details = event.details
        let user = details.removeValue(forKey: "user_guid") ?? .null
        var data: JSONObject = ["action": .string(event.action.rawValue)]
        if event.action.isAboutSession { data.merge(["session_guid": text(event.subject), "user_guid": user]) }
        if event.integration != nil { data["integration_guid"] = text(event.integration) }
        data.merge([
            "actor": [
                "kind": .string(event.actor.kind.rawValue), "guid": text(event.actor.guid),
                "name": .string(event.actor.name),
            ],
            "correlation_id": .string(event.origin.correlationID), "details": .object(details),
        ])
        return [
            "type": .string(kind.rawValue), "timestamp": .string(event.at.description), "data": .object(data),
        ]
    }
}

extension EventAction {
    fileprivate var isAboutSession: Bool {
        switch webhook {
        case .sessionCreated, .reauthorizationRequired, .refreshFailing: true
        default: false
        }
    }
}
