import JSON

/// One key of a template's config: what the dialog shows for it, and what form it must have.
struct Setting: Sendable {
    /// The forms a setting can have.
    enum Form: Sendable {
        /// One of a few words.
        case choice([String])
        /// Yes or no.
        case flag
        /// One line of text.
        case line
        /// A whole number; kept as text, as clients send and expect it.
        case number(ClosedRange<Int64>)
        /// The OAuth 2 client id.
        case clientID
        /// A secret: sealed, never shown.
        case secret(SecretForm)
        /// A host of the vendor's, by its rule.
        case host(HostRule)
        /// An https address.
        case address
        /// Scopes, separated by spaces, with the vendor's own rules.
        case scopes([ScopeRule])
        /// Found out by the server; ignored when sent, never shown.
        case derived
    }

    /// A pattern that a browser can check beforehand, and what it means.
    struct Pattern: Sendable {
        let text: String
        let description: String
        /// Read once: that takes longer than many a match. Such an expression never changes, and holds no code of ours, which
        /// is what Swift cannot promise of every `Regex`.
        nonisolated(unsafe) private let expression: Regex<AnyRegexOutput>?

        init(_ text: String, _ description: String) {
            self.text = text
            self.description = description
            expression = try? Regex(text).matchingSemantics(.unicodeScalar)
        }

        /// Whether a whole text has the form. A pattern that cannot be read is met by nothing.
        func matches(_ text: String) -> Bool { (try? expression?.wholeMatch(in: text)) != nil }
    }

    let name: String
    let label: String
    let description: String
    let form: Form
    private(set) var defaultValue: JSON?
    /// Other defaults under other options; the first that holds counts. `{name}` stands for another setting's value.
    private(set) var otherDefaults: [(when: Visibility, value: String)] = []
    private(set) var isRequired = false
    /// Understood, but in no dialog: for those who know what they do.
    private(set) var isHidden = false
    /// Whether it decides where secrets and tokens go, though it is neither host nor address nor client.
    private(set) var isDecisive = false
    /// Another name the setting is understood by.
    private(set) var alias: String?
    let validation: Pattern?
    /// Under which options it exists; nil: always.
    private(set) var visibility: Visibility?

    init(
        _ name: String, label: String, description: String, form: Form, default defaultValue: JSON? = nil,
        validation: Pattern? = nil
    ) {
        self.name = name
        self.label = label
        self.description = description
        self.form = form
        self.defaultValue = defaultValue
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
    /// Whether people find it in the dialog and programs in the template.
    var isListed: Bool { !isDerived && !isHidden }

    /// Whether it decides where codes, secrets and tokens go. Whoever changes it must know the secret.
    var isIdentity: Bool {
        switch form {
        case .host, .address, .clientID: true
        default: isDecisive
        }
    }

    func isVisible(in config: JSONObject) -> Bool { visibility?.holds(in: config) ?? true }
}

extension Setting {
    /// The setting, existing under these options alone.
    func when(_ visibility: Visibility) -> Setting { changed { $0.visibility = visibility } }
    /// The setting, existing whatever is chosen.
    func always() -> Setting { changed { $0.visibility = nil } }
    /// The setting, needed wherever it exists.
    func required() -> Setting { changed { $0.isRequired = true } }
    /// The setting, in no dialog.
    func hidden() -> Setting { changed { $0.isHidden = true } }
    /// The setting, deciding where secrets and tokens go.
    func decisive() -> Setting { changed { $0.isDecisive = true } }
    /// The setting, understood by another name too; forms use it.
    func alsoKnown(as alias: String) -> Setting { changed { $0.alias = alias } }
    /// The setting, with another default under these options.
    func otherwise(_ value: String, when: Visibility) -> Setting {
        changed { $0.otherDefaults.append((when, value)) }
    }

    private func changed(_ change: (inout Setting) -> Void) -> Setting {
        var setting = self
        change(&setting)
        return setting
    }
}
