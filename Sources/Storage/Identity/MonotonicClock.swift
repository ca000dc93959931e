import Glibc

/// Time that only moves forward, for circuits, intervals and limits that live in memory.
///
/// Setting the machine's clock does not move it. What is stored, or told to others, needs a `WallClock`.
public struct MonotonicClock: Sendable {
    private let read: @Sendable () -> Duration

    /// A clock that asks the closure for the time since an arbitrary moment.
    public init(_ read: @escaping @Sendable () -> Duration) { self.read = read }

    /// The time since an arbitrary moment, the same for as long as the process runs.
    public var now: Duration { read() }

    /// The system's.
    public static let system = MonotonicClock {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

extension Duration {
    /// Whole seconds, rounded up: how long to wait at least.
    public var wholeSeconds: Int64 { components.seconds + (components.attoseconds > 0 ? 1 : 0) }
}
