import Accounts

/// A field of a form: the template `field` makes it, with its label, its hint and its error where they belong.
struct Field: Sendable {
    enum Kind: Sendable {
        case text, email, url, number, search, date
        /// Never shown again.
        case password
        case lines(Int)
        /// Lines in which every character counts.
        case code(Int)
        case choice([(value: String, label: String)])
        /// One of several, each with a sentence of its own.
        case radio([(value: String, label: String, hint: String)])
        case tick
        case hidden
    }

    let name: String
    let label: String
    let kind: Kind
    /// What stands in it where nothing was typed yet; `on` for what is ticked.
    var value = ""
    var hint = ""
    var isRequired = false
    var autocomplete = "off"
    var maximum: Int?
    /// Other names by which a refusal may call it.
    var aliases: [String] = []

    init(
        _ name: String, _ label: String, _ kind: Kind = .text, value: String = "", hint: String = "",
        isRequired: Bool = false, autocomplete: String = "off", maximum: Int? = nil, aliases: [String] = []
    ) {
        self.name = name
        self.label = label
        self.kind = kind
        self.value = value
        self.hint = hint
        self.isRequired = isRequired
        self.autocomplete = autocomplete
        self.maximum = maximum
        self.aliases = aliases
    }

    func isNamed(_ name: String?) -> Bool { name == self.name || name.map(aliases.contains) ?? false }

    /// The values of a form: `fields`, for `{{#fields}}{{> field}}{{/fields}}`, and `form_error` for what belongs to none.
    ///
    /// - Parameters:
    ///   - typed: what was sent, where it was refused: it stays in the fields, but for secrets.
    ///   - error: why it was refused.
    static func form(_ fields: [Field], typed: SentForm?, error: Refusal?) -> [String: PageValue] {
        let isElsewhere = error != nil && !fields.contains { $0.isNamed(error?.field) }
        return [
            "fields": .list(fields.map { $0.values(typed: typed, error: $0.isNamed(error?.field) ? error : nil) }),
            "form_error": .text(isElsewhere ? error?.message ?? "" : ""),
        ]
    }

    private func values(typed: SentForm?, error: Refusal?) -> [String: PageValue] {
        let shown = current(typed)
        var values: [String: PageValue] = [
            "name": .text(name), "label": .text(label), "hint": .text(hint), "required": .flag(isRequired),
            "autocomplete": .text(autocomplete), "error": .text(error?.besideField ?? ""), "value": .text(shown),
            "maximum": .text(maximum.map(String.init) ?? ""),
            "is_described": .flag(!hint.isEmpty || error != nil), "is_code": .flag(false),
        ]
        // What is not said here would be taken from the page around.
        for kind in ["input", "is_hidden", "is_tick", "is_lines", "is_choice", "is_radio"] {
            values[kind] = .flag(false)
        }
        switch kind {
        case .text: values["input"] = .text("text")
        case .email: values["input"] = .text("email")
        case .url: values["input"] = .text("url")
        case .number: values["input"] = .text("number")
        case .search: values["input"] = .text("search")
        case .date: values["input"] = .text("date")
        case .password: values["input"] = .text("password")
        case .hidden: values["is_hidden"] = .flag(true)
        case .tick:
            values["is_tick"] = .flag(true)
            values["is_chosen"] = .flag(!shown.isEmpty)
        case .lines(let count), .code(let count):
            values["is_lines"] = .flag(true)
            values["lines"] = .number(count)
            if case .code = kind { values["is_code"] = .flag(true) }
        case .choice(let choices):
            values["is_choice"] = .flag(true)
            values["choices"] = .list(
                choices.map {
                    ["value": .text($0.value), "label": .text($0.label), "is_chosen": .flag($0.value == shown)]
                })
        case .radio(let choices):
            values["is_radio"] = .flag(true)
            values["choices"] = .list(
                choices.enumerated().map { position, choice in
                    [
                        "value": .text(choice.value), "label": .text(choice.label), "hint": .text(choice.hint),
                        "is_chosen": .flag(choice.value == shown), "position": .number(position), "name": .text(name),
                    ]
                })
        }
        return values
    }

    private func current(_ typed: SentForm?) -> String {
        switch kind {
        case .password: return ""
        case .lines where SentForm.isSecret(name), .code where SentForm.isSecret(name): return ""
        // A box that is not ticked is not sent.
        case .tick: return typed.map { $0.has(name) ? "on" : "" } ?? value
        default: return typed?.fields[name] ?? value
        }
    }
}

extension Refusal {
    /// The sentence as it stands beside the field that it is about: what the API calls the field is not said again.
    var besideField: String {
        guard let field, message.hasPrefix(field + " ") else { return message }
        let rest = message.dropFirst(field.count + 1)
        for (words, instead) in Self.beginnings where rest.hasPrefix(words) {
            let end = instead + rest.dropFirst(words.count)
            return end.prefix(1).uppercased() + end.dropFirst()
        }
        let verb = rest.prefix { $0 != " " }
        return Self.verbs.contains(verb) ? "It " + rest : message
    }

    private static let verbs: Set<Substring> = ["must", "is", "has", "differs", "cannot", "names", "holds"]
    private static let beginnings = [
        ("is not usable: ", ""), ("is missing: ", "this is missing: "), ("must have ", "use "),
    ]
}
