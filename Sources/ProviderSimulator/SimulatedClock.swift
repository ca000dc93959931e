import Glibc

/// The clock that lifetimes are measured with: the machine's, plus what a test has advanced it by. So a test sees an
/// hour pass without sleeping.
struct SimulatedClock: Sendable {
    /// Milliseconds since 1970 on the machine's clock; injected.
    private let machine: @Sendable () -> Int64
    private var advancedMilliseconds: Int64 = 0

    init(machine: @escaping @Sendable () -> Int64 = Self.realTime) {
        self.machine = machine
    }

    /// Milliseconds since 1970.
    var now: Int64 { machine() + advancedMilliseconds }

    /// Seconds since 1970, as JWT claims want them.
    var nowSeconds: Int64 { now / 1000 }

    mutating func advance(seconds: Int64) {
        advancedMilliseconds += seconds * 1000
    }

    static func realTime() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
