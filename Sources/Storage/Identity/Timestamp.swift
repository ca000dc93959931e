import Glibc

/// A moment in whole seconds since 1970-01-01T00:00:00Z.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Seconds since the epoch.
    public var seconds: Int64

    /// A moment by its seconds since the epoch.
    public init(seconds: Int64) { self.seconds = seconds }

    /// Earlier is smaller.
    public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool { lhs.seconds < rhs.seconds }

    /// Later by a duration, whose fraction of a second is dropped.
    public static func + (lhs: Timestamp, rhs: Duration) -> Timestamp {
        Timestamp(seconds: lhs.seconds + rhs.components.seconds)
    }

    /// Earlier by a duration, whose fraction of a second is dropped.
    public static func - (lhs: Timestamp, rhs: Duration) -> Timestamp {
        Timestamp(seconds: lhs.seconds - rhs.components.seconds)
    }

    /// How long from one moment to another.
    public static func - (lhs: Timestamp, rhs: Timestamp) -> Duration { .seconds(lhs.seconds - rhs.seconds) }

    /// RFC 3339 in UTC, such as `2024-09-10T14:39:50Z`.
    public var description: String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        func padded(_ value: Int32, _ width: Int = 2) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = [padded(parts.tm_year + 1900, 4), padded(parts.tm_mon + 1), padded(parts.tm_mday)]
        let hours = [padded(parts.tm_hour), padded(parts.tm_min), padded(parts.tm_sec)]
        return date.joined(separator: "-") + "T" + hours.joined(separator: ":") + "Z"
    }
}

/// Where the time comes from: the system, or a test.
public struct WallClock: Sendable {
    private let read: @Sendable () -> Timestamp

    /// A clock that asks the closure.
    public init(_ read: @escaping @Sendable () -> Timestamp) { self.read = read }

    /// The moment it is.
    public var now: Timestamp { read() }

    /// The system's clock, moved by an offset (zero but in tests).
    public static func system(offset: Duration = .zero) -> WallClock {
        WallClock { Timestamp(seconds: Int64(time(nil))) + offset }
    }
}
