import Storage

/// When to try again what failed: twice as late each time, within bounds, until it is given up.
struct Backoff: Sendable {
    /// The first pause.
    let shortest: Int64
    /// No pause is longer.
    let longest: Int64
    /// So long after it was queued something is given up.
    let patience: Duration
    private let jitter: @Sendable (ClosedRange<Int64>) -> Int64

    init(
        shortest: Int64, longest: Int64, patience: Duration,
        jitter: @escaping @Sendable (ClosedRange<Int64>) -> Int64 = { Int64.random(in: $0) }
    ) {
        self.shortest = shortest
        self.longest = longest
        self.patience = patience
        self.jitter = jitter
    }

    /// The next attempt after so many that failed, this one included; nil: there is none.
    ///
    /// - Parameter asked: how long the other side wants to be left alone.
    func next(after failures: Int64, since queued: Timestamp, at now: Timestamp, asked: Int64? = nil) -> Timestamp? {
        let end = queued + patience
        guard now < end else { return nil }
        let doublings = min(max(failures - 1, 0), 30)
        let pause = min(longest, shortest << doublings)
        // A quarter is left to chance, so that what failed together does not come back together.
        let wanted = jitter(max(shortest, pause - pause / 4)...pause)
        let wait = max(wanted, min(asked ?? 0, longest))
        return min(now + .seconds(wait), end)
    }
}
