import Accounts
import HTTPClient
import OAuthClient
import Storage

/// What is known of identity providers: their metadata and keys, asked for once however many sign in.
actor IssuerDesk {
    /// Metadata older than this is asked for anew.
    static let metadataLifetime = Duration.seconds(10 * 60)
    /// Keys older than this are asked for anew, so that one that the provider took back ends here too.
    static let keysLifetime = Duration.seconds(60 * 60)
    /// A key that is not known has the keys fetched anew, but no more often than this.
    static let keysPause = Duration.seconds(60)
    /// After a failure the provider is left alone for so long.
    static let failurePause = Duration.seconds(10)
    /// An account has one issuer, and one that it is about to change to.
    private static let maximumEntries = 8

    private struct Known<Value: Sendable> {
        let result: Result<Value, MetadataError>
        let at: Duration
        /// When it was last asked for out of turn.
        var renewedAt: Duration?
    }

    private let clock: MonotonicClock
    private let policy: OutboundPolicy
    private let transport: any HTTPTransport
    private var metadata: [String: Known<ServerMetadata>] = [:]
    private var keys: [String: Known<KeySet>] = [:]
    private var metadataTasks: [String: Task<Result<ServerMetadata, MetadataError>, Never>] = [:]
    private var keyTasks: [String: Task<Result<KeySet, MetadataError>, Never>] = [:]

    init(clock: MonotonicClock, policy: OutboundPolicy, transport: any HTTPTransport) {
        self.clock = clock
        self.policy = policy
        self.transport = transport
    }

    /// The metadata of an issuer.
    func metadata(of issuer: String, anew: Bool = false) async throws(MetadataError) -> ServerMetadata {
        if !anew, let known = metadata[issuer], isFresh(known, Self.metadataLifetime) { return try known.result.get() }
        if let task = metadataTasks[issuer] { return try await task.value.get() }
        let task = Task { [policy, transport] in
            do throws(MetadataError) {
                return Result<ServerMetadata, MetadataError>.success(
                    try await ServerMetadata.fetch(issuer: issuer, policy: policy, over: transport, isOpenID: true))
            } catch { return .failure(error) }
        }
        metadataTasks[issuer] = task
        let result = await task.value
        metadataTasks[issuer] = nil
        if metadata.count >= Self.maximumEntries { metadata.removeAll() }
        metadata[issuer] = successor(of: metadata[issuer], result, Self.metadataLifetime, renewedAt: nil)
        return try result.get()
    }

    /// The keys at an address.
    func keys(at address: String) async throws(MetadataError) -> KeySet {
        if let known = keys[address], isFresh(known, Self.keysLifetime) { return try known.result.get() }
        return try await fetchKeys(at: address, renewedAt: nil)
    }

    /// The keys after a signature was not of those that are known; nil where they were fetched anew a moment ago.
    func renewedKeys(at address: String) async throws(MetadataError) -> KeySet? {
        let now = clock.now
        if let before = keys[address]?.renewedAt, now < before + Self.keysPause { return nil }
        return try await fetchKeys(at: address, renewedAt: now)
    }

    private func fetchKeys(at address: String, renewedAt: Duration?) async throws(MetadataError) -> KeySet {
        if let task = keyTasks[address] { return try await task.value.get() }
        let task = Task { [policy, transport] in
            do throws(MetadataError) {
                return Result<KeySet, MetadataError>.success(
                    try await KeySet.fetch(address, policy: policy, over: transport))
            } catch { return .failure(error) }
        }
        keyTasks[address] = task
        let result = await task.value
        keyTasks[address] = nil
        if keys.count >= Self.maximumEntries { keys.removeAll() }
        keys[address] = successor(of: keys[address], result, Self.keysLifetime, renewedAt: renewedAt)
        return try result.get()
    }

    /// What is known after an answer: what failed out of turn takes nothing away from those who do well with what there is.
    private func successor<Value>(
        of known: Known<Value>?, _ result: Result<Value, MetadataError>, _ lifetime: Duration, renewedAt: Duration?
    ) -> Known<Value> {
        let renewedAt = renewedAt ?? known?.renewedAt
        if case .failure = result, let known, case .success = known.result, isFresh(known, lifetime) {
            return Known(result: known.result, at: known.at, renewedAt: renewedAt)
        }
        return Known(result: result, at: clock.now, renewedAt: renewedAt)
    }

    private func isFresh<Value>(_ known: Known<Value>, _ lifetime: Duration) -> Bool {
        if case .failure = known.result { return clock.now < known.at + Self.failurePause }
        return clock.now < known.at + lifetime
    }
}
