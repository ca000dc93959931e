public import Accounts
public import Cryptography
import HTTPClient
import JSON
public import Storage

/// Who outside is told what happens in an account; for its administrators.
public struct Webhooks: Sendable {
    /// So many deliveries are shown.
    public static let shownDeliveries = 100
    /// So long the old secret signs beside a new one.
    public static let secretOverlap = Duration.seconds(24 * 60 * 60)

    let account: OpenAccount
    let clock: WallClock
    let outbound: OutboundPolicy

    /// What may be given when a webhook is created or changed; nil leaves what is there.
    public struct Fields: Sendable {
        /// Where events go.
        public var url: String?
        /// What is told.
        public var events: [String]?
        /// Whether it is told now.
        public var isEnabled: Bool?
        /// For people.
        public var description: String?

        /// Nothing is given.
        public init() {}
    }

    /// All webhooks, oldest first.
    public func all(for reader: some ReadsAsAdministrator) async throws(Refusal) -> [WebhookRecord] {
        try await attempt { () throws(StoreError) in try await account.store.webhooks() }
    }

    /// One webhook.
    public func webhook(_ guid: GUID, for reader: some ReadsAsAdministrator) async throws(Refusal) -> WebhookRecord {
        let found = try await attempt { () throws(StoreError) in try await account.store.webhook(guid) }
        guard let found else { throw .notFound("webhook") }
        return found
    }

    /// Adds a webhook; its secret is answered this one time.
    public func create(
        _ fields: Fields, by admin: Administrator
    ) async throws(Refusal) -> (webhook: WebhookRecord, secret: SecretString) {
        guard let url = fields.url else { throw .invalid("url", "url is missing: give the address that is told.") }
        guard let events = fields.events else {
            throw .invalid("events", "events is missing: \(Self.eventsRule)")
        }
        let guid = account.makeGUID()
        let now = clock.now
        let secret = WebhookSignature.makeSecret()
        let webhook = WebhookRecord(
            guid: guid, url: try checked(url: url),
            description: try Self.checked(description: fields.description ?? ""),
            events: try Self.checked(events: events), isEnabled: fields.isEnabled ?? true,
            sealedSecret: try seal(secret, at: .webhookSecret(guid)), createdAt: now, updatedAt: now
        )
        let event = admin.event(.webhookCreated, at: now, subject: guid, details: details(webhook))
        let stored = try await attempt { () throws(StoreError) in
            try await account.store.addWebhook(webhook, noting: event)
        }
        return (stored, secret)
    }

    /// Changes a webhook. Deliveries that wait go to the new address.
    public func update(_ guid: GUID, _ fields: Fields, by admin: Administrator) async throws(Refusal) -> WebhookRecord {
        let old = try await webhook(guid, for: admin)
        var webhook = old
        if let url = fields.url { webhook.url = try checked(url: url) }
        if let text = fields.description { webhook.description = try Self.checked(description: text) }
        if let events = fields.events { webhook.events = try Self.checked(events: events) }
        if let isEnabled = fields.isEnabled {
            webhook.isEnabled = isEnabled
            if isEnabled { webhook.disabledReason = nil }
        }
        return try await store(webhook, from: old, .webhookUpdated, by: admin)
    }

    /// Deletes a webhook with all that waits for it.
    public func delete(_ guid: GUID, by admin: Administrator) async throws(Refusal) {
        let webhook = try await webhook(guid, for: admin)
        let event = admin.event(.webhookDeleted, at: clock.now, subject: guid, details: details(webhook))
        _ = try await attempt { () throws(StoreError) in
            try await account.store.removeWebhook(guid, noting: event)
        }
    }

    /// Gives a webhook a new secret, answered this one time; the old one signs beside it for a day.
    public func rotateSecret(
        of guid: GUID, by admin: Administrator
    ) async throws(Refusal) -> (webhook: WebhookRecord, secret: SecretString) {
        let known = try await webhook(guid, for: admin)
        var webhook = known
        let secret = WebhookSignature.makeSecret()
        let old: SecretString
        do { old = try account.vault.open(webhook.sealedSecret, at: .webhookSecret(guid)) } catch {
            throw .unreadable("secret", error)
        }
        webhook.sealedOldSecret = try seal(old, at: .webhookOldSecret(guid))
        webhook.oldSecretUntil = clock.now + Self.secretOverlap
        webhook.sealedSecret = try seal(secret, at: .webhookSecret(guid))
        return (try await store(webhook, from: known, .webhookSecretRotated, by: admin), secret)
    }

    /// The newest deliveries of a webhook, newest first.
    public func deliveries(of guid: GUID, for reader: some ReadsAsAdministrator) async throws(Refusal)
        -> [DeliveryRecord]
    {
        _ = try await webhook(guid, for: reader)
        return try await attempt { () throws(StoreError) in
            try await account.store.deliveries(of: guid, limit: Self.shownDeliveries)
        }
    }

    /// Queues a test delivery.
    public func test(_ guid: GUID, by admin: Administrator) async throws(Refusal) -> DeliveryRecord {
        guard try await webhook(guid, for: admin).isEnabled else {
            throw .invalid("enabled", "This webhook is disabled: enable it first.", code: .prohibitedChange)
        }
        let event = admin.event(.webhookTested, at: clock.now, subject: guid)
        return try await attempt { () throws(StoreError) in
            try await account.store.addTestDelivery(to: guid, noting: event)
        }
    }

    private func store(
        _ webhook: WebhookRecord, from old: WebhookRecord, _ action: EventAction, by admin: Administrator
    ) async throws(Refusal) -> WebhookRecord {
        var changed = webhook
        changed.updatedAt = clock.now
        let stored = changed
        let event = admin.event(action, at: clock.now, subject: webhook.guid, details: details(webhook))
        try await attempt { () throws(StoreError) in
            try await account.store.updateWebhook(stored, from: old, noting: event)
        }
        return stored
    }
}

extension Webhooks {
    private static let eventsRule =
        "list one or more of \(WebhookEvent.subscribable.map(\.rawValue).joined(separator: ", "))."

    private func checked(url text: String) throws(Refusal) -> String {
        do throws(OutboundURLError) { return try OutboundURL(parsing: text, policy: outbound).text } catch {
            throw .invalid("url", "url is not usable: \(error.description)")
        }
    }

    private static func checked(description: String) throws(Refusal) -> String {
        try TextRules.line(description, field: "description", maximum: 1024)
    }

    private static func checked(events: [String]) throws(Refusal) -> [WebhookEvent] {
        var found: [WebhookEvent] = []
        for text in events {
            guard let event = WebhookEvent(rawValue: text), WebhookEvent.subscribable.contains(event) else {
                throw .invalid("events", "There is no event \(text.prefix(64)): \(eventsRule)")
            }
            guard !found.contains(event) else { throw .invalid("events", "events names \(text) twice.") }
            found.append(event)
        }
        guard !found.isEmpty else { throw .invalid("events", "events is empty: \(eventsRule)") }
        return found
    }

    private func seal(_ secret: SecretString, at place: Vault.Place) throws(Refusal) -> [UInt8] {
        do { return try account.vault.seal(secret, at: place) } catch {
            throw Refusal(.internalFailure, "The secret could not be sealed: tell the operator of this server.")
        }
    }

    /// The host alone: the rest of an address may well be a secret.
    private func details(_ webhook: WebhookRecord) -> JSONObject {
        let host = (try? OutboundURL(parsing: webhook.url, policy: outbound))?.authority
        return [
            "host": host.map(JSON.string) ?? .null, "events": .array(webhook.events.map { .string($0.rawValue) }),
            "enabled": .bool(webhook.isEnabled),
        ]
    }
}

extension Vault.Place {
    static func webhookSecret(_ guid: GUID) -> Vault.Place {
        Vault.Place(table: "webhook", column: "sealed_secret", row: guid.description)
    }

    static func webhookOldSecret(_ guid: GUID) -> Vault.Place {
        Vault.Place(table: "webhook", column: "sealed_old_secret", row: guid.description)
    }
}
