/// What waits for the background, in one look.
public protocol ErrandStore: Sendable {
    /// What is due, how much waits in all, and when the next of the rest falls due.
    ///
    /// - Parameter limit: so many deliveries of each webhook, and so many revocations, at most.
    func errands(at now: Timestamp, limit: Int) async throws(StoreError) -> ErrandPlan
}

/// What waits for the background.
public struct ErrandPlan: Sendable {
    /// Deliveries whose turn it is, each with its webhook; those that have waited longest first.
    public let deliveries: [(delivery: DeliveryRecord, webhook: WebhookRecord)]
    /// Revocations that are due, those that have waited longest first.
    public let revocations: [RevocationRecord]
    /// When the next of those that are not due yet is; nil where there is none.
    public let nextDue: Timestamp?
    /// How many deliveries are not finished.
    public let deliveryCount: Int
    /// How many revocations are not finished.
    public let revocationCount: Int
}
