import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// `v1/webhooks`.
struct WebhookRoutes {
    func add(administrators: RouterGroup<AdministratorContext>) {
        administrators.get("webhooks") { _, context in
            let found = try await context.tenant.webhooks.all(for: context.reader)
            return Response.json(.array(found.map { .object(Answers.webhook($0)) }))
        }
        administrators.post("webhooks") { request, context in
            let fields = try Self.fields(try await request.jsonObject())
            let made = try await context.tenant.webhooks.create(fields, by: context.administrator)
            return Self.answer(made.webhook, secret: made.secret)
        }
        administrators.get("webhooks/{guid}") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "webhook")
            let found = try await context.tenant.webhooks.webhook(guid, for: context.reader)
            return Response.json(.object(Answers.webhook(found)))
        }
        administrators.patch("webhooks/{guid}") { request, context in
            let guid = try context.guid("guid", of: context.tenant, what: "webhook")
            let fields = try Self.fields(try await request.jsonObject())
            let changed = try await context.tenant.webhooks.update(guid, fields, by: context.administrator)
            return Response.json(.object(Answers.webhook(changed)))
        }
        administrators.delete("webhooks/{guid}") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "webhook")
            try await context.tenant.webhooks.delete(guid, by: context.administrator)
            return Response.noContent
        }
        administrators.get("webhooks/{guid}/deliveries") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "webhook")
            let found = try await context.tenant.webhooks.deliveries(of: guid, for: context.reader)
            return Response.json(.array(found.map(Answers.delivery)))
        }
        administrators.post("webhooks/{guid}/test") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "webhook")
            let queued = try await context.tenant.webhooks.test(guid, by: context.administrator)
            return Response.json(Answers.delivery(queued))
        }
        administrators.post("webhooks/{guid}/rotate-secret") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "webhook")
            let rotated = try await context.tenant.webhooks.rotateSecret(of: guid, by: context.administrator)
            return Self.answer(rotated.webhook, secret: rotated.secret)
        }
    }

    /// The one answer that has the secret.
    private static func answer(_ webhook: WebhookRecord, secret: SecretString) -> Response {
        .json(.object(Answers.webhook(webhook).merging(["secret": .string(secret.reveal())])))
    }

    private static func fields(_ body: JSONObject) throws(Refusal) -> Webhooks.Fields {
        let members = try Members(body, allowed: ["url", "events", "enabled", "description"])
        var fields = Webhooks.Fields()
        fields.url = try members.text("url")
        fields.description = try members.text("description")
        fields.isEnabled = try members.flag("enabled")
        if let list = try members.list("events") {
            fields.events = try list.map { event throws(Refusal) in
                guard let text = event.stringValue else { throw .invalid("events", "events must be a list of texts.") }
                return text
            }
        }
        return fields
    }
}

extension Answers {
    /// A webhook without its secret.
    static func webhook(_ webhook: WebhookRecord) -> JSONObject {
        [
            "id": .string(String(webhook.id)), "guid": guid(webhook.guid), "url": .string(webhook.url),
            "description": .string(webhook.description),
            "events": .array(webhook.events.map { .string($0.rawValue) }), "enabled": .bool(webhook.isEnabled),
            "disabled_reason": webhook.disabledReason.map(JSON.string) ?? .null,
            "created_time": time(webhook.createdAt), "updated_time": time(webhook.updatedAt),
        ]
    }

    static func delivery(_ delivery: DeliveryRecord) -> JSON {
        [
            "guid": guid(delivery.guid), "webhook_guid": guid(delivery.webhookGUID),
            "event": .string(delivery.event.rawValue), "state": .string(delivery.state.rawValue),
            "attempts": .integer(delivery.attempts), "last_status": delivery.lastStatus.map(JSON.integer) ?? .null,
            "last_error": delivery.lastError.map(JSON.string) ?? .null, "next_attempt": time(delivery.nextAttemptAt),
            "created_time": time(delivery.createdAt), "finished_time": time(delivery.finishedAt),
        ]
    }
}
