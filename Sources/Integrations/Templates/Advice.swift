import JSON

/// What the admin should know about a config that is allowed but probably not meant.
enum Advice: Sendable {
    /// A scope that is missing.
    case missingScope(String, String, when: Visibility)
    /// A part of a setting's text.
    case part(String, of: String, String)

    /// The sentence, where the advice is due for a complete config.
    func sentence(for config: JSONObject) -> String? {
        switch self {
        case .missingScope(let scope, let sentence, let when):
            let scopes = config["scopes"]?.stringValue?.split(separator: " ") ?? []
            return when.holds(in: config) && !scopes.contains(Substring(scope)) ? sentence : nil
        case .part(let part, let name, let sentence):
            return config[name]?.stringValue?.contains(part) == true ? sentence : nil
        }
    }
}
