/// The account's audit: lines are added, never changed.
///
/// Most lines are written by the verb that makes the change, in its transaction (`noting:`).
public protocol EventStore: Sendable {
    /// Adds lines for what changed nothing in the account, in this order.
    func note(_ events: [EventRecord]) async throws(StoreError)
}
