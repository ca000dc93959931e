public import Storage
import Synchronization

/// How much waits in the background, over all accounts. Whoever works a queue says how long its account's part of it is.
public final class QueueDepths: Sendable {
    /// The queues; the raw value is the metric's label.
    public enum Queue: String, Sendable, CaseIterable {
        /// Events on their way to subscribed URLs.
        case webhooks
        /// Tokens on their way to be revoked at their provider.
        case revocations
    }

    private let depths = Mutex<[Queue: [TenantFingerprint: Int]]>([:])

    /// Nothing waits.
    public init() {}

    /// Notes how much of an account waits in a queue now.
    public func set(_ depth: Int, of queue: Queue, in account: TenantFingerprint) {
        depths.withLock { $0[queue, default: [:]][account] = depth > 0 ? depth : nil }
    }

    /// How much waits in a queue.
    public func depth(of queue: Queue) -> Int { depths.withLock { $0[queue]?.values.reduce(0, +) ?? 0 } }
}
