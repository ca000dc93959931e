import HTTPClient
public import JSON

/// A kind of provider. Templates are data: what differs between vendors stands in one file a vendor.
public struct Template: Sendable {
    /// How long before its end an access token is refreshed.
    public enum Margin: Sendable {
        /// A quarter of its life, at most 5 minutes, at least one.
        case quarter
        /// As late as possible: a refresh ends the access tokens that running content already holds.
        case late
    }

    /// Where the provider's endpoints come from.
    enum Endpoints: Sendable {
        /// Paths on one host of the vendor's own.
        case onHost(setting: String, rule: HostRule, authorize: String, token: String, issuer: String?)
        /// What the admin typed, or the metadata of the issuer that the admin typed.
        case typed
    }

    /// What SDKs know it by.
    public let key: String
    /// For people.
    public let name: String
    /// For people.
    public let description: String
    /// What can be configured, in the order of the dialog.
    public let settings: [Setting]
    /// When tokens are refreshed.
    public let margin: Margin
    let endpoints: Endpoints
    /// The variables that content gets, from the provider's address.
    let environment: @Sendable (_ host: OutboundURL) -> [(name: String, value: String)]
    let environmentNames: [String]
    /// What the admin should know about a config that is allowed but probably not meant.
    let warnings: @Sendable (_ config: JSONObject) -> [String]

    /// Every template there is.
    public static let all: [Template] = [.custom, .databricks, .snowflake]

    /// The template of that key.
    public static func named(_ key: String) -> Template? { all.first { $0.key == key } }

    /// Whether the endpoints are the vendor's own, so that the shared callback may serve them (RFC 9700, section 4.4).
    public var isVendors: Bool { if case .onHost = endpoints { true } else { false } }

    /// The template in the API's words.
    public var answer: JSON {
        func answers(_ wanted: Bool) -> JSON {
            let chosen = settings.filter { $0.isOption == wanted && !$0.isDerived }
            return .array(chosen.enumerated().map { $1.answer(order: Int64($0 + 1)) })
        }
        return [
            "id": .string(key), "name": .string(name), "description": .string(description), "sections": [],
            "options": answers(true), "fields": answers(false),
            "environment_variables": .array(environmentNames.map(JSON.string)),
        ]
    }

    func setting(_ name: String) -> Setting? { settings.first { $0.name == name || $0.alias == name } }
}

extension Template {
    /// A field of the dialog, for a page.
    public struct DialogField: Sendable {
        /// What the form calls it.
        public let name: String
        /// What the API calls it, and a refusal.
        let setting: String
        /// What people call it.
        public let label: String
        /// What it means.
        public let description: String
        /// What stands in it at first.
        public let defaultValue: String
        /// The choices, where it is one.
        public let choices: [String]
        /// Whether it is never shown.
        public let isSecret: Bool
        /// Whether it must be filled in.
        public let isRequired: Bool

        /// Whether a refusal is about this field.
        public func isNamed(_ name: String?) -> Bool { name == self.name || name == setting }
    }

    /// The dialog, in order.
    public var dialog: [DialogField] {
        settings.filter { !$0.isDerived }.map { setting in
            let choices: [String] =
                switch setting.form {
                case .choice(let choices): choices
                case .flag: ["true", "false"]
                default: []
                }
            return DialogField(
                name: setting.alias ?? setting.name, setting: setting.name, label: setting.label,
                description: setting.description,
                defaultValue: setting.defaultValue.map { $0.stringValue ?? $0.text() } ?? "", choices: choices,
                isSecret: setting.isSecret, isRequired: setting.isRequired
            )
        }
    }
}
