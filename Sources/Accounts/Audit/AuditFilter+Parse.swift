public import Storage

extension AuditFilter {
    /// The parameters that a filter is read from.
    public static let parameters = [
        "action", "user_guid", "content_guid", "integration_guid", "outcome", "from", "to",
    ]

    /// Reads a filter from its parameters; others are left alone.
    ///
    /// - Throws: `Refusal` 25 naming the parameter.
    public init(_ parameters: [String: String]) throws(Refusal) {
        self.init()
        actions = try parameters["action"].map { text throws(Refusal) in try Self.actions(text) } ?? []
        user = try Self.guid(parameters, "user_guid")
        content = try Self.guid(parameters, "content_guid")
        integration = try Self.guid(parameters, "integration_guid")
        from = try Self.time(parameters, "from")
        to = try Self.time(parameters, "to")
        if let text = parameters["outcome"] {
            guard let value = EventRecord.Outcome(rawValue: text) else {
                throw .invalid("outcome", "outcome must be success, refused or failure.")
            }
            outcome = value
        }
    }

    /// Actions separated by commas; `content.*` stands for all that begin so.
    private static func actions(_ text: String) throws(Refusal) -> [EventAction] {
        var found: [EventAction] = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false).map({ String($0).trimmed }) {
            let matching = EventAction.allCases.filter {
                word.hasSuffix(".*") ? $0.rawValue.hasPrefix(word.dropLast()) : $0.rawValue == word
            }
            guard !matching.isEmpty else {
                throw .invalid(
                    "action", "There is no action \(word.prefix(64)): give names such as content.created, or content.*."
                )
            }
            for action in matching where !found.contains(action) { found.append(action) }
        }
        return found
    }

    private static func guid(_ parameters: [String: String], _ name: String) throws(Refusal) -> GUID? {
        guard let text = parameters[name] else { return nil }
        guard let guid = GUID(text) else { throw .invalid(name, "\(name) must be a GUID.") }
        return guid
    }

    private static func time(_ parameters: [String: String], _ name: String) throws(Refusal) -> Timestamp? {
        guard let text = parameters[name] else { return nil }
        guard let time = Timestamp(text) else {
            throw .invalid(name, "\(name) must be a time in UTC such as 2030-01-31T12:00:00Z.")
        }
        return time
    }
}
