import JSON

/// One key of a template's config: what the dialog shows for it, and what form it must have.
public struct Setting: Sendable {
    /// The forms a setting can have.
    public enum Form: Sendable {
        /// One of a few words.
        case choice([String])
        /// Yes or no.
        case flag
        /// One line of text.
        case line
        /// The OAuth 2 client id.
        case clientID
        /// The client secret: sealed, never shown.
        case secret
        /// A host of the vendor's, by its rule.
        case host(HostRule)
        /// An https address.
        case address
        /// Scopes, separated by spaces, with the vendor's own rule.
        case scopes(ScopeRule)
        /// Found out by the server; ignored when sent.
        case derived
    }

    /// What is wrong with a list of scopes; nil where nothing is.
    public typealias ScopeRule = @Sendable (_ scopes: [String]) -> String?

    let name: String
    let label: String
    let description: String
    let form: Form
    let defaultValue: JSON?
    let isRequired: Bool
    /// Another name the setting is understood by.
    let alias: String?
    /// The pattern that a browser can check beforehand.
    let validation: String?

    init(
        _ name: String, label: String, description: String, form: Form, default defaultValue: JSON? = nil,
        isRequired: Bool = false, alias: String? = nil, validation: String? = nil
    ) {
        self.name = name
        self.label = label
        self.description = description
        self.form = form
        self.defaultValue = defaultValue
        self.isRequired = isRequired
        self.alias = alias
        self.validation = validation
    }

    /// Options are chosen, fields are typed; the API lists them apart.
    var isOption: Bool {
        switch form {
        case .choice, .flag: true
        default: false
        }
    }

    var isDerived: Bool { if case .derived = form { true } else { false } }
    var isSecret: Bool { if case .secret = form { true } else { false } }

    /// The setting in the API's words.
    func answer(order: Int64) -> JSON {
        var object: JSONObject = [
            "name": .string(name), "label": .string(label), "description": .string(description),
            "order": .integer(order),
            "default": defaultValue ?? .null, "visibility_expression": .null,
        ]
        switch form {
        case .choice(let values):
            object["type"] = "select"
            object["values"] = .array(values.map(JSON.string))
        case .flag:
            object["type"] = "bool"
            object["values"] = [true, false]
        default:
            object["validation"] = validation.map(JSON.string) ?? .null
            object["validation_description"] = validation == nil ? .null : .string(description)
            object["secret"] = .bool(isSecret)
            object["multiline"] = false
        }
        return .object(object)
    }
}

extension Setting {
    static let authType = Setting(
        "auth_type", label: "Authentication type", description: "Whose access the content uses: each viewer's own.",
        form: .choice(["Viewer"]), default: "Viewer"
    )
    static let authMode = Setting(
        "auth_mode", label: "Client type",
        description: "Confidential clients have a secret; public clients rely on PKCE.",
        form: .choice(["Confidential", "Public"]), default: "Confidential"
    )
    static let clientID = Setting(
        "client_id", label: "Client ID", description: "The OAuth client's id, as the provider shows it.",
        form: .clientID,
        isRequired: true, validation: "^[\\x21-\\x7e]{1,255}$"
    )
    static let clientSecret = Setting(
        "client_secret", label: "Client Secret",
        description: "The OAuth client's secret. It is sealed and never shown again.",
        form: .secret
    )

    static func scopes(_ defaults: String, isRequired: Bool = false, rule: @escaping ScopeRule = { _ in nil })
        -> Setting
    {
        Setting(
            "scopes", label: "Scopes", description: "What the token may be used for, separated by spaces.",
            form: .scopes(rule),
            default: .string(defaults), isRequired: isRequired
        )
    }
}
