import Glibc
import JSON
import Logging

/// One record of the log, on its way to a line.
struct LogRecord {
    /// A longer value is cut: what came from outside must not fill the log.
    static let longestValue = 1024

    let time: String
    let level: Logger.Level
    let message: String
    /// In alphabetical order; each value at most `longestValue` bytes, and what is marks of being cut.
    let metadata: [(key: String, value: JSON)]

    init(time: String, level: Logger.Level, message: String, metadata: Logger.Metadata) {
        self.time = time
        self.level = level
        self.message = Self.cut(message)
        self.metadata = metadata.sorted { $0.key < $1.key }.map { ($0.key, Self.json($0.value)) }
    }

    private static func json(_ value: Logger.MetadataValue) -> JSON {
        switch value {
        case .string(let text): .string(cut(text))
        case .stringConvertible(let value as Int): .integer(Int64(value))
        case .stringConvertible(let value as Double): .double(value)
        case .stringConvertible(let value): .string(cut("\(value)"))
        case .array(let values): .array(values.map(json))
        case .dictionary(let values):
            .object(JSONObject(values.sorted { $0.key < $1.key }.map { ($0.key, json($0.value)) }))
        }
    }

    /// At most `longestValue` bytes, and never half a character.
    static func cut(_ text: String) -> String {
        guard text.utf8.count > longestValue else { return text }
        var end = text.utf8.index(text.utf8.startIndex, offsetBy: longestValue)
        while end > text.startIndex, String.Index(end, within: text) == nil { end = text.utf8.index(before: end) }
        return text[..<end] + "…"
    }

    /// Now, in RFC 3339 with milliseconds, in UTC.
    static func now() -> String {
        var moment = timespec()
        clock_gettime(CLOCK_REALTIME, &moment)
        return time(seconds: moment.tv_sec, milliseconds: moment.tv_nsec / 1_000_000)
    }

    static func time(seconds: Int, milliseconds: Int) -> String {
        var seconds = time_t(seconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func padded(_ value: Int, _ width: Int = 2) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = [padded(Int(parts.tm_year) + 1900, 4), padded(Int(parts.tm_mon) + 1), padded(Int(parts.tm_mday))]
        let clock = [padded(Int(parts.tm_hour)), padded(Int(parts.tm_min)), padded(Int(parts.tm_sec))]
        return "\(date.joined(separator: "-"))T\(clock.joined(separator: ":")).\(padded(milliseconds, 3))Z"
    }
}
