import Accounts
import Integrations
import JSON
import Storage

extension Resource {
    static let webhooks = Resource(
        "webhooks", "Whom the account tells of what happens (Standard Webhooks).",
        schemas: [
            "Webhook": webhook,
            "NewWebhook": {
                var schema = webhook
                schema.add("secret", .text.described("What signs; shown this once."), isRequired: true)
                return schema
            }(),
            "Delivery": .object([
                "guid": .guid, "webhook_guid": .guid, "event": .text,
                "state": .word(of: DeliveryRecord.State.allCases.map(\.rawValue)), "attempts": .integer(from: 0),
                "last_status": .integer(from: 0).orNull, "last_error": .text.orNull, "next_attempt": .time.orNull,
                "created_time": .time, "finished_time": .time.orNull,
            ]),
        ],
        [
            Operation(
                .get, "/v1/webhooks", "List the webhooks", for: .administrator,
                answers: .json(.list(of: .ref("Webhook")))),
            Operation(
                .post, "/v1/webhooks", "Add a webhook", for: .administrator,
                body: .json(
                    .body(["url": .text, "events": events], optional: ["enabled": .flag, "description": .title])),
                answers: .json(.ref("NewWebhook")), refusals: [.prohibitedChange]),
            Operation(
                .get, "/v1/webhooks/{guid}", "Get a webhook", for: .administrator, answers: .json(.ref("Webhook"))),
            Operation(
                .patch, "/v1/webhooks/{guid}", "Change a webhook", for: .administrator,
                body: .json(
                    .body(
                        [:], optional: ["url": .text, "events": events, "enabled": .flag, "description": .title])),
                answers: .json(.ref("Webhook"))),
            Operation(
                .delete, "/v1/webhooks/{guid}", "Delete a webhook", for: .administrator, answers: .noContent),
            Operation(
                .get, "/v1/webhooks/{guid}/deliveries", "List the last deliveries", for: .administrator,
                answers: .json(.list(of: .ref("Delivery")))),
            Operation(
                .post, "/v1/webhooks/{guid}/test", "Send a test", for: .administrator,
                answers: .json(.ref("Delivery")), refusals: [.prohibitedChange]),
            Operation(
                .post, "/v1/webhooks/{guid}/rotate-secret", "Make a new secret; the old one signs too for a day",
                for: .administrator, answers: .json(.ref("NewWebhook"))),
        ]
    )

    private static let events = Schema(
        Schema.list(of: event).json.merging(["minItems": 1, "uniqueItems": true]))
    private static let event = Schema.word(of: WebhookEvent.subscribable.map(\.rawValue))

    private static let webhook = Schema.object([
        "id": .id, "guid": .guid, "url": .address, "description": .text,
        "events": .list(of: .word(of: WebhookEvent.allCases.map(\.rawValue))), "enabled": .flag,
        "disabled_reason": .text.orNull, "created_time": .time, "updated_time": .time,
    ])
}
