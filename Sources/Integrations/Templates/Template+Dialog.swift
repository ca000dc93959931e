import Accounts
public import JSON

/// What the dialog for one integration shows.
extension Template {
    /// A field of the dialog, for a page.
    public struct DialogField: Sendable {
        /// What the form calls it.
        public let name: String
        /// What the API calls it, and a refusal.
        public let setting: String
        /// What people call it.
        public let label: String
        /// What it means.
        public let description: String
        /// What stands in it; empty for secrets.
        public let value: String
        /// What stands in it where nothing else was said, under the options chosen.
        public let standard: String
        /// What stands in it under no special options.
        public let plain: String
        /// The choices, where it is one: what is sent, and what people read.
        public let choices: [(value: String, label: String)]
        /// Whether it is never shown.
        public let isSecret: Bool
        /// Whether it has several lines.
        public let isMultiline: Bool
        /// Whether it must be filled in where it is there.
        public let isRequired: Bool
        /// Whether it exists under the options chosen.
        public let isVisible: Bool
        /// Whether a change of it decides where secrets and tokens go, so that it needs the secret again.
        public let isIdentity: Bool
        /// When it exists, as the API tells it; nil: always.
        public let when: JSON?
        /// What stands in it under other options, each with when; nil: always the same.
        public let standards: JSON?

        /// Whether a refusal is about this field.
        public func isNamed(_ name: String?) -> Bool { name == self.name || name == setting }
    }

    /// Fields that belong together.
    public struct DialogSection: Sendable {
        /// What people call it.
        public let label: String
        /// What it is about.
        public let description: String
        /// In order.
        public let fields: [DialogField]
        /// Whether a choice in it decides which fields there are.
        public let hasOptions: Bool
    }

    /// The dialog as it stands with a config, which need not be whole or right.
    public func dialog(_ given: JSONObject) -> [DialogSection] {
        let config = withoutInvisible(given)
        let options = complete(config)
        let deciding = settings.reduce(into: Set<String>()) { $0.formUnion($1.visibility?.names ?? []) }
        return sections.map { section in
            let listed = section.settings.filter(\.isListed)
            return DialogSection(
                label: section.label, description: section.description,
                fields: listed.map { field($0, given: given, options: options) },
                hasOptions: listed.contains { deciding.contains($0.name) }
            )
        }.filter { !$0.fields.isEmpty }
    }

    /// What a form of the dialog says as a config: with the names of settings, without what was left empty.
    public func config(typed fields: [String: String]) -> JSONObject {
        var config: JSONObject = [:]
        for setting in settings where setting.isListed {
            let text = fields[setting.formName] ?? fields[setting.name] ?? ""
            guard !text.isEmpty else { continue }
            if case .flag = setting.form, let flag = Bool(text) {
                config[setting.name] = .bool(flag)
            } else {
                config[setting.name] = .string(text)
            }
        }
        return config
    }

    /// A config without what does not exist under its options, so that an option which is hidden decides nothing.
    private func withoutInvisible(_ given: JSONObject) -> JSONObject {
        var config = given
        for setting in settings where !setting.isVisible(in: complete(config)) { config[setting.name] = nil }
        return config
    }

    private func field(_ setting: Setting, given: JSONObject, options: JSONObject) -> DialogField {
        var blank = options
        blank[setting.name] = nil
        let standard = complete(blank)[setting.name]?.words ?? ""
        return DialogField(
            name: setting.formName, setting: setting.name, label: setting.label, description: setting.description,
            value: setting.isSecret ? "" : given[setting.name]?.words ?? standard, standard: standard,
            plain: setting.defaultValue?.words ?? "",
            choices: setting.choices, isSecret: setting.isSecret, isMultiline: setting.isMultiline,
            isRequired: setting.isRequired, isVisible: setting.isVisible(in: options),
            isIdentity: setting.isIdentity, when: setting.visibility?.answer, standards: setting.standards
        )
    }

    /// What a setting is called in the dialog.
    public func label(of name: String) -> String? { setting(name)?.label }
}

extension Setting {
    /// What a form calls it.
    fileprivate var formName: String { alias ?? name }

    fileprivate var choices: [(value: String, label: String)] {
        switch form {
        case .choice(let choices): choices.map { ($0, $0) }
        case .flag: [("true", "Yes"), ("false", "No")]
        default: []
        }
    }

    fileprivate var standards: JSON? {
        guard !otherDefaults.isEmpty else { return nil }
        return .array(otherDefaults.map { ["when": $0.when.answer, "value": .string($0.value)] })
    }
}

extension JSON {
    /// A value as it stands in a field.
    fileprivate var words: String { stringValue ?? text() }
}
