public import Storage
import Synchronization

/// Counts attempts per subject (an account and email, an address) and says when there were too many.
public final class AttemptLimiter: Sendable {
    private struct Window {
        var startedAt: Duration
        var failures: Int
    }

    /// After so many failures within the period, attempts are refused until it is over.
    public static let maximumFailures = 10
    /// The period.
    public static let period = Duration.seconds(15 * 60)
    /// So many subjects are remembered; more can only come from an attack, which then forgets its oldest ones.
    private static let maximumSubjects = 50_000

    private let windows = Mutex<[String: Window]>([:])
    private let clock: MonotonicClock

    /// A limiter that counts from now.
    public init(clock: MonotonicClock) { self.clock = clock }

    /// - Throws: `Refusal` 277 with the seconds to wait, where there were too many failures.
    public func check(_ subject: String, maximum: Int = maximumFailures) throws(Refusal) {
        let now = clock.now
        let wait = windows.withLock { windows -> Int64? in
            guard let window = windows[subject], window.failures >= maximum else { return nil }
            let left = (window.startedAt + Self.period - now).wholeSeconds
            return left > 0 ? left : nil
        }
        guard let wait else { return }
        throw Refusal(
            .tooManyRequests,
            "There were too many attempts: wait \((wait + 59) / 60) minutes and try again.",
            retryAfter: wait
        )
    }

    /// Counts an attempt.
    public func count(_ subject: String) {
        let now = clock.now
        windows.withLock { windows in
            if windows.count >= Self.maximumSubjects {
                windows = windows.filter { $0.value.startedAt + Self.period > now }
                if windows.count >= Self.maximumSubjects {
                    let oldest = windows.sorted { $0.value.startedAt < $1.value.startedAt }.prefix(
                        Self.maximumSubjects / 2)
                    for entry in oldest { windows[entry.key] = nil }
                }
            }
            var window = windows[subject] ?? Window(startedAt: now, failures: 0)
            if window.startedAt + Self.period <= now { window = Window(startedAt: now, failures: 0) }
            window.failures += 1
            windows[subject] = window
        }
    }

    /// Takes one count back: that attempt was a success.
    public func forgive(_ subject: String) { windows.withLock { $0[subject]?.failures -= 1 } }

    /// Forgets a subject's failures, after a success.
    public func succeed(_ subject: String) { windows.withLock { $0[subject] = nil } }
}
