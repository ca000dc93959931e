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

    /// Reads RFC 3339 in UTC, such as `2024-09-10T14:39:50Z`; nil for anything else.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        let pattern = Array("0000-00-00T00:00:00Z".utf8)
        guard bytes.count == pattern.count else { return nil }
        for (byte, form) in zip(bytes, pattern) {
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            guard form == UInt8(ascii: "0") ? isDigit : byte == form else { return nil }
        }
        func number(_ range: Range<Int>) -> Int32 { bytes[range].reduce(0) { $0 * 10 + Int32($1 - UInt8(ascii: "0")) } }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (number(0..<4) - 1900, number(5..<7) - 1, number(8..<10))
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (number(11..<13), number(14..<16), number(17..<19))
        self.init(seconds: Int64(timegm(&parts)))
        // `timegm` makes the 30th of February a day in March; such a day was never meant.
        guard description == text else { return nil }
    }

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
