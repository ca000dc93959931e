import JSON
public import Storage

/// Lines of the audit as comma-separated values (RFC 4180).
public enum AuditCSV {
    private static let columns = [
        "id", "time", "user_guid", "user_description", "action", "event_description", "outcome", "actor_kind", "door",
        "key_id", "address", "correlation_id", "subject_guid", "content_guid", "integration_guid", "details", "hash",
    ]
    /// What a spreadsheet takes for the beginning of a formula.
    private static let formulaStarts: Set<Unicode.Scalar> = ["=", "+", "-", "@", "\t", "\r", "\n"]

    /// The line with the names of the columns.
    public static let header = columns.joined(separator: ",") + "\r\n"

    /// A line.
    public static func line(_ record: AuditRecord) -> String {
        let answer = record.answer
        return columns.map { cell(answer[$0] ?? .null) }.joined(separator: ",") + "\r\n"
    }

    private static func cell(_ value: JSON) -> String {
        let text =
            switch value {
            case .null: ""
            case .string(let text): text
            default: value.text()
            }
        // Names and titles are chosen by people: none of them may become a formula where the file is opened.
        // Scalars, because an accent after `=` makes another character of both.
        let harmless = text.unicodeScalars.first.map(formulaStarts.contains) == true ? "'" + text : text
        return "\"" + harmless.replacing("\"", with: "\"\"") + "\""
    }
}
