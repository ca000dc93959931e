/// Tokens that wait for their revocation. They are queued by the verbs that end sessions.
public protocol RevocationStore: Sendable {
    /// The refresh token is done with; the access token follows.
    func dropRefreshToken(of revocation: Int64) async throws(StoreError)
    /// Counts an attempt that failed, and says when the next one is.
    func postponeRevocation(_ id: Int64, until: Timestamp) async throws(StoreError)
    /// Ends a revocation, however it went: the tokens are forgotten.
    func endRevocation(_ id: Int64, noting event: EventRecord?) async throws(StoreError)
}
