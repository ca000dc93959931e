/// The request that the current task works for: whatever is logged in its course carries the request's id.
///
/// Tasks that are started in the scope inherit it, so a refresh that many wait for belongs to the request that began it.
public enum CorrelationScope {
    /// The id; nil outside of any request.
    @TaskLocal public static var id: String?

    static let metadataKey = "correlation_id"
}
