/// What a form holds.
struct SentForm: Sendable {
    let fields: [String: String]

    init(_ fields: [String: String]) { self.fields = fields }

    /// A field's text; empty where it is not there.
    subscript(_ name: String) -> String { fields[name] ?? "" }

    /// Whether a checkbox is ticked, or a button of that name was pressed.
    func has(_ name: String) -> Bool { fields[name] != nil }

    /// The rest of the names that begin so, of fields that are there: `use-<guid>` for a list of checkboxes.
    func ticked(_ prefix: String) -> Set<String> {
        Set(fields.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) })
    }

    /// What may be shown again: neither secrets nor what proves that the form is ours.
    var withoutSecrets: [String: String] {
        fields.filter { !Self.isSecret($0.key) && !Self.proofs.contains($0.key) }
    }

    var hasSecrets: Bool { fields.contains { Self.isSecret($0.key) && !$0.value.isEmpty } }

    /// Whether it is small enough to be shown again to somebody who is not signed in, and could be anybody.
    var isSmall: Bool { fields.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count } <= Self.mostForStrangers }

    private static let mostForStrangers = 64 * 1024
    private static let proofs: Set<String> = [FormGuard.field, Submissions.field]

    /// By its name, so that a field that is forgotten elsewhere is none here.
    static func isSecret(_ name: String) -> Bool {
        ["password", "secret", "private_key", "account_key", "token", "credential", "value"].contains {
            name.contains($0)
        }
            && name != FormGuard.field && name != "token_uri" && name != "private_key_id"
            && !name.hasPrefix("token_endpoint")
    }
}
