import JSON

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
        /// Under which options it counts; empty: always.
        public let condition: String
        /// What stands in it at first.
        public let defaultValue: String
        /// Whether the default is another one under other options, so that what was left as it stood says nothing.
        public let hasOtherDefaults: Bool
        /// The choices, where it is one.
        public let choices: [String]
        /// Whether it is never shown.
        public let isSecret: Bool
        /// Whether it has several lines.
        public let isMultiline: Bool
        /// Whether it must be filled in, whatever is chosen.
        public let isRequired: Bool

        /// Whether a refusal is about this field.
        public func isNamed(_ name: String?) -> Bool { name == self.name || name == setting }
    }

    /// The dialog, in order.
    public var dialog: [DialogField] {
        settings.filter(\.isListed).map { setting in
            let choices: [String] =
                switch setting.form {
                case .choice(let choices): choices
                case .flag: ["true", "false"]
                default: []
                }
            return DialogField(
                name: setting.alias ?? setting.name, setting: setting.name, label: setting.label,
                description: setting.description, condition: setting.visibility?.sentence ?? "",
                defaultValue: setting.defaultValue.map { $0.stringValue ?? $0.text() } ?? "",
                hasOtherDefaults: !setting.otherDefaults.isEmpty, choices: choices,
                isSecret: setting.isSecret, isMultiline: setting.isMultiline,
                isRequired: setting.isRequired && setting.visibility == nil
            )
        }
    }
}
