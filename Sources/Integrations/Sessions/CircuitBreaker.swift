import Storage
import Synchronization

/// Keeps us from calling what does not answer: after so many failures in a row it opens for a while, then lets one through.
///
/// One mechanism serves provider hosts (several failures), integrations and single sessions (one failure).
final class CircuitBreaker: Sendable {
    private struct Circuit {
        var failures = 0
        var openUntil = Duration.zero
        var isProbing = false
        /// The last failure, for whoever asks why nothing is called.
        var cause: String?
    }

    private static let shortestPause: Int64 = 1
    private static let longestPause: Int64 = 60
    private static let maximumCircuits = 100_000

    private let threshold: Int
    private let clock: MonotonicClock
    private let jitter: @Sendable (ClosedRange<Int64>) -> Int64
    private let circuits = Mutex<[String: Circuit]>([:])

    init(
        threshold: Int, clock: MonotonicClock,
        jitter: @escaping @Sendable (ClosedRange<Int64>) -> Int64 = { Int64.random(in: $0) }
    ) {
        self.threshold = threshold
        self.clock = clock
        self.jitter = jitter
    }

    /// The seconds to wait before the next call may be made; nil: now. After a pause one caller is let through alone.
    func wait(_ name: String) -> Int64? {
        let now = clock.now
        return circuits.withLock { circuits in
            guard var circuit = circuits[name], circuit.failures >= threshold else { return nil }
            guard circuit.openUntil <= now, !circuit.isProbing else {
                return max(1, (circuit.openUntil - now).wholeSeconds)
            }
            circuit.isProbing = true
            circuits[name] = circuit
            return nil
        }
    }

    /// Gives a probe back that was not made, or that told nothing.
    func release(_ name: String) { circuits.withLock { $0[name]?.isProbing = false } }

    func succeed(_ name: String) { circuits.withLock { $0[name] = nil } }

    /// Why the last call of a name that is in trouble failed.
    func cause(_ name: String) -> String? { circuits.withLock { $0[name]?.cause } }

    /// Counts a failure; the pause doubles each time, or is what the other side asked for.
    func fail(_ name: String, retryAfter: Duration?, cause: String? = nil) {
        let now = clock.now
        circuits.withLock { circuits in
            if circuits.count >= Self.maximumCircuits { circuits = circuits.filter { $0.value.openUntil > now } }
            var circuit = circuits[name] ?? Circuit()
            circuit.failures += 1
            circuit.isProbing = false
            circuit.cause = cause
            if retryAfter != nil { circuit.failures = max(circuit.failures, threshold) }
            let doublings = min(max(circuit.failures - threshold, 0), 10)
            let pause = min(Self.longestPause, Self.shortestPause << Int64(doublings))
            let asked = retryAfter.map { min($0.components.seconds, Self.longestPause * 10) } ?? 0
            circuit.openUntil = now + .seconds(max(asked, jitter(max(1, pause / 2)...pause)))
            circuits[name] = circuit
        }
    }
}
