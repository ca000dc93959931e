/// Webhooks and what is on its way to them.
public protocol WebhookStore: Sendable {
    /// Adds a webhook and returns it with its id.
    func addWebhook(_ webhook: WebhookRecord, noting event: EventRecord?) async throws(StoreError) -> WebhookRecord
    /// All webhooks, oldest first.
    func webhooks() async throws(StoreError) -> [WebhookRecord]
    /// One webhook.
    func webhook(_ guid: GUID) async throws(StoreError) -> WebhookRecord?
    /// Writes what differs from an earlier read of the webhook; what others changed since then stays, secrets above all.
    func updateWebhook(_ webhook: WebhookRecord, from old: WebhookRecord, noting event: EventRecord?)
        async throws(StoreError)
    /// Removes a webhook with its deliveries; false where there is none.
    func removeWebhook(_ guid: GUID, noting event: EventRecord?) async throws(StoreError) -> Bool
    /// The newest deliveries of a webhook, newest first.
    func deliveries(of webhook: GUID, limit: Int) async throws(StoreError) -> [DeliveryRecord]
    /// Queues a test for one webhook, and returns it.
    func addTestDelivery(to webhook: GUID, noting event: EventRecord) async throws(StoreError) -> DeliveryRecord
    /// Stores what came of an attempt, and lets the next one of the same lane have its turn where this one is over.
    func finishAttempt(_ attempt: DeliveryAttempt, of delivery: DeliveryRecord, noting events: [EventRecord])
        async throws(StoreError)
    /// Drops deliveries that ended before these times.
    func pruneDeliveries(deliveredBefore: Timestamp, deadBefore: Timestamp) async throws(StoreError)
}
