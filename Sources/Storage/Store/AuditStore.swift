/// Reads and checks the audit; and lets its oldest lines go, where the account wants that.
public protocol AuditStore: Sendable {
    /// A page of lines; without a position from the beginning of the order.
    ///
    /// - Parameter upTo: no line with a larger id, so that who reads page after page comes to an end.
    func auditPage(
        _ filter: AuditFilter, at position: AuditPosition?, ascending: Bool, limit: Int, upTo: Int64?
    ) async throws(StoreError) -> AuditPage
    /// The last line.
    func auditHead() async throws(StoreError) -> AuditHead
    /// Computes the whole chain again.
    ///
    /// - Parameter head: what was noted elsewhere and must still be in the chain.
    func verifyAudit(expecting head: AuditHead?) async throws(StoreError) -> AuditVerdict
    /// For how many days lines are kept; nil: for ever.
    func auditRetention() async throws(StoreError) -> Int64?
    /// Sets for how many days lines are kept.
    func setAuditRetention(_ days: Int64?, noting event: EventRecord?) async throws(StoreError)
    /// Removes the oldest lines, up to the first that is not older, and moves the anchor there; at most `limit` at once.
    ///
    /// - Returns: how many were removed.
    func pruneAudit(before time: Timestamp, limit: Int) async throws(StoreError) -> Int
    /// Adds a line unless the last one about the same subject among these actions has the same action.
    ///
    /// - Returns: whether it was added.
    func noteOnce(_ event: EventRecord, among actions: [EventAction]) async throws(StoreError) -> Bool
}
