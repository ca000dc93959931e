/// How often what happened, per integration and for the account as a whole.
public protocol ActivityStore: Sendable {
    /// Adds counts to what there is; those of an integration that is gone count for the account alone.
    func addActivity(_ records: [ActivityRecord]) async throws(StoreError)
    /// The counts of an integration, or of the account, by the beginnings of the spans from one moment on.
    func activity(of integration: GUID?, by span: ActivitySpan, from: Timestamp) async throws(StoreError)
        -> [Timestamp: ActivityCounts]
    /// All integrations with the sums of their counts from one moment on, by name.
    func activityTotals(by span: ActivitySpan, from: Timestamp) async throws(StoreError) -> [ActivityTotal]
    /// Drops what is older.
    func pruneActivity(hoursBefore: Timestamp, daysBefore: Timestamp) async throws(StoreError)
}
