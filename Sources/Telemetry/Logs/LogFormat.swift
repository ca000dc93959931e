import JSON
import Logging

/// How a record of the log becomes a line.
public enum LogFormat: String, Sendable, CaseIterable {
    /// For people: time, level, message, then `key=value`.
    case text
    /// For machines: one JSON object a line, with `time`, `level`, `message`, then the metadata.
    case json

    func line(_ record: LogRecord) -> [UInt8] {
        switch self {
        case .text: Array(Self.text(record).utf8) + [UInt8(ascii: "\n")]
        case .json: Self.json(record).serialized() + [UInt8(ascii: "\n")]
        }
    }

    private static func json(_ record: LogRecord) -> JSON {
        var object: JSONObject = [
            "time": .string(record.time), "level": .string(record.level.rawValue), "message": .string(record.message),
        ]
        for (key, value) in record.metadata {
            // What names itself like one of ours must not stand in its place.
            object[object[key] == nil ? key : "\(key)_"] = value
        }
        return .object(object)
    }

    private static func text(_ record: LogRecord) -> String {
        var line =
            "\(record.time) \(record.level.rawValue) \(isPlain(record.message) ? record.message : quoted(record.message))"
        for (key, value) in record.metadata {
            let text = value.stringValue ?? value.text()
            let isBare = !text.isEmpty && isPlain(text) && !text.contains { $0 == " " || $0 == "\"" || $0 == "=" }
            line += " \(key)=\(isBare ? text : quoted(text))"
        }
        return line
    }

    /// As JSON quotes it, so that no line feed or escape sequence can pretend to be a record or move the cursor.
    private static func quoted(_ text: String) -> String { JSON.string(text).text() }

    private static func isPlain(_ text: String) -> Bool { !text.utf8.contains { $0 < 0x20 || $0 == 0x7F } }
}
