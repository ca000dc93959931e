import Accounts
import OAuthClient
import Storage

/// What a person looks for in the audit: names where the API has GUIDs, days where it has moments.
struct AuditSearch: Sendable {
    /// What the address of the page is asked with, and the export's.
    let query: [String: String]

    /// What is looked for, in the order of the form.
    static let names = ["action", "person", "source", "content", "outcome", "from", "to"]

    /// What the API calls the same.
    private static let interfaceNames = [
        "user_guid": "person", "integration_guid": "source", "content_guid": "content",
    ]

    init(_ query: [String: String]) {
        let given = query.filter { !$0.value.trimmed.isEmpty }
        let named = given.filter { Self.names.contains($0.key) }
        let translated = given.compactMap { name, value in Self.interfaceNames[name].map { ($0, value) } }
        self.query = named.merging(translated) { own, _ in own }
    }

    /// The same for the store.
    ///
    /// - Throws: `Refusal` 25 naming the field.
    func filter(_ audit: Audit, for admin: Administrator) async throws(Refusal) -> AuditFilter {
        var filter = try AuditFilter(query.filter { ["action", "outcome"].contains($0.key) })
        filter.user = try await guid(.user, "person", audit, admin)
        filter.integration = try await guid(.integration, "source", audit, admin)
        filter.content = try await guid(.content, "content", audit, admin)
        filter.from = try moment("from", atEndOfDay: false)
        filter.to = try moment("to", atEndOfDay: true)
        return filter
    }

    private func guid(
        _ kind: NameRecord.Kind, _ field: String, _ audit: Audit, _ admin: Administrator
    ) async throws(Refusal) -> GUID? {
        guard let text = query[field] else { return nil }
        return try await audit.guid(of: kind, called: text, field: field, for: admin)
    }

    /// A day in UTC, or a moment; the last day is looked at to its end.
    private func moment(_ field: String, atEndOfDay: Bool) throws(Refusal) -> Timestamp? {
        guard let text = query[field]?.trimmed else { return nil }
        if let moment = Timestamp(text) { return moment }
        guard let day = Timestamp(text + "T00:00:00Z") else {
            throw .invalid(field, "Give a day such as 2030-01-31, or a time in UTC such as 2030-01-31T12:00:00Z.")
        }
        return atEndOfDay ? day + .seconds(24 * 60 * 60) : day
    }

    var fields: [Field] {
        [
            Field("action", "What", .choice(Self.actions), value: query["action"] ?? ""),
            text("person", "Person"), text("source", "Data source"), text("content", "Content"),
            Field(
                "outcome", "Outcome",
                .choice([("", "Any")] + EventRecord.Outcome.allCases.map { ($0.rawValue, $0.label) }),
                value: query["outcome"] ?? ""),
            day("from", "First day"), day("to", "Last day"),
        ]
    }

    private func text(_ name: String, _ label: String) -> Field {
        Field(name, label, .search, value: query[name] ?? "", maximum: TextRules.titleLength)
    }

    private func day(_ name: String, _ label: String) -> Field {
        let text = query[name]?.trimmed ?? ""
        // Programs, and the links of the activity page, give moments, which no date field can show.
        let isDay = text.isEmpty || Timestamp(text + "T00:00:00Z") != nil
        return Field(name, label, isDay ? .date : .text, value: text, maximum: isDay ? nil : 20)
    }

    /// Everything, whole families, and each action by itself.
    private static let actions: [(value: String, label: String)] = {
        var choices = [(value: "", label: "Everything")]
        var families: [String] = []
        for action in EventAction.allCases {
            let family = action.rawValue.split(separator: ".").first.map(String.init) ?? ""
            if !families.contains(family) { families.append(family) }
        }
        for family in families {
            choices.append((family + ".*", "All about \(familyWords[family] ?? family.replacing("_", with: " "))"))
        }
        return choices + EventAction.allCases.map { ($0.rawValue, $0.label) }
    }()

    /// What people call the families.
    private static let familyWords = [
        "account": "the account", "user": "people", "api_key": "API keys", "group": "groups",
        "bundle": "bundles", "integration": "data sources", "session": "logins", "refresh": "renewing access",
        "signing_key": "signing keys", "workbench": "IDE sessions", "audit": "the audit", "webhook": "webhooks",
    ]

    /// The address of the page, or of the export, that is asked the same.
    func address(_ path: String, _ more: KeyValuePairs<String, String> = [:]) -> String {
        let pairs = query.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } + more.map { ($0.key, $0.value) }
        guard !pairs.isEmpty else { return path }
        return path + "?" + pairs.map { "\($0.0)=\(FormEncoding.encode($0.1))" }.joined(separator: "&")
    }
}

extension EventAction {
    /// Such as `Signed in`, in the words of the pages.
    var words: String {
        let words = phrase.split(separator: " ").map {
            switch $0 {
            case "integration": "data source"
            case "user": "person"
            default: String($0)
            }
        }.joined(separator: " ").replacing("an data", with: "a data")
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    /// The same where no name follows.
    fileprivate var label: String { words.hasSuffix(":") ? String(words.dropLast()) : words }
}

extension EventRecord.Outcome {
    var label: String {
        switch self {
        case .success: "Done"
        case .refused: "Refused"
        case .failure: "Failed"
        }
    }

    /// The class of its badge.
    var badge: String {
        switch self {
        case .success: "good"
        case .refused: "warn"
        case .failure: "bad"
        }
    }
}
