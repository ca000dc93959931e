/// The account's audit: lines are added, never changed.
///
/// Most lines are written by the verb that makes the change, in its transaction (`noting:`).
public protocol EventStore: Sendable {
    /// Makes sure that what was judged before a slow step still holds, before something is handed out.
    ///
    /// - Throws: `lapsed` for the first premise that does not.
    func require(_ premises: [Premise], at now: Timestamp) async throws(StoreError)
    /// Adds lines for what changed nothing in the account, in this order.
    func note(_ events: [EventRecord]) async throws(StoreError)
}
