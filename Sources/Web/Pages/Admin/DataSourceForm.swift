import Accounts
import Integrations
import JSON
import Storage

/// The form of a data source, made from its template's dialog: what stands in it, and what it says when it is sent.
struct DataSourceForm {
    let template: Template
    /// The data source as it is; nil for one that is yet to be.
    let stored: IntegrationRecord?
    /// What was sent, where that is shown again.
    let typed: SentForm?

    /// Fields that are no setting.
    private static let own: Set<String> = [
        "name", "description", "template", "version", "update", "choose", FormGuard.field, Submissions.field,
    ]

    /// The beginning of the name of a field that says what stood in another.
    private static let stood = "stood-"

    private static func isSetting(_ name: String) -> Bool { !own.contains(name) && !name.hasPrefix(stood) }

    /// What was typed for one provider, for the form of another: name, description, and texts that both ask for. What was left
    /// at its default and choices stay behind, and secrets are typed again.
    static func carried(_ sent: SentForm, to template: Template) -> SentForm {
        var fields = ["template": template.key]
        for name in ["name", "description"] { fields[name] = sent.fields[name] }
        let former = Template.named(sent["template"])
        let before = former?.dialog(former?.config(typed: sent.fields) ?? [:]).flatMap(\.fields) ?? []
        for field in template.dialog([:]).flatMap(\.fields) where field.choices.isEmpty && !field.isSecret {
            guard let text = sent.fields[field.name], let old = before.first(where: { $0.name == field.name }),
                !text.isEmpty, text != old.plain, text != old.standard
            else { continue }
            fields[field.name] = text
        }
        return SentForm(fields)
    }

    /// The config that the fields show.
    var shown: JSONObject {
        guard let typed else { return stored?.config ?? [:] }
        let given = template.config(typed: typed.fields)
        // What was left as it stood follows when another choice lets something else stand there.
        let alone = template.dialog(given).flatMap(\.fields).filter { isLeftAlone($0) }.map(\.setting)
        return JSONObject(given.filter { !alone.contains($0.key) }.map { ($0.key, $0.value) })
    }

    /// Whether a field whose usual value depends on the choices was sent as it stood: then it says nothing.
    private func isLeftAlone(_ field: Template.DialogField) -> Bool {
        guard field.standards != nil, let typed, let text = typed.fields[field.name] ?? typed.fields[field.setting]
        else {
            return false
        }
        // The form says what stood there; who sends no such form is taken at the word where it differs from the usual.
        let stood = typed.fields[Self.stood + field.name].map { [$0] } ?? [field.plain, field.standard]
        return stood.contains(text)
    }

    /// `sections` for the template `data-source-fields`, and `form_error` for what belongs to no field.
    ///
    /// - Parameter there: what stands there by now, where somebody else changed it meanwhile: it is told beside the field.
    func values(error: Refusal?, there: IntegrationRecord? = nil) -> [String: PageValue] {
        let dialog = template.dialog(shown)
        let current = there.map { template.dialog($0.config).flatMap(\.fields) } ?? []
        let named = dialog.flatMap(\.fields).filter { $0.isNamed(error?.field) }
        var sections = [about(error, there: there)]
        for section in dialog {
            let rows = section.fields.map { field in
                row(
                    field, error: field.isNamed(error?.field) ? error : nil,
                    now: current.first { $0.name == field.name })
            }
            sections.append([
                "label": .text(section.label), "about": .text(section.description), "fields": .list(rows),
                "has_options": .flag(section.hasOptions),
            ])
        }
        let isElsewhere = named.isEmpty && !["name", "description"].contains(error?.field ?? "")
        return [
            "sections": .list(sections), "form_error": .text(isElsewhere ? error?.message ?? "" : ""),
        ]
    }

    private func about(_ error: Refusal?, there: IntegrationRecord?) -> [String: PageValue] {
        func now(_ text: String?, _ typed: String?) -> String {
            text.flatMap { $0 == typed ?? "" ? nil : "It is now: \($0)" } ?? ""
        }
        let fields = [
            Field(
                "name", "Name", value: stored?.name ?? "",
                hint: now(there?.name, typed?["name"]), isRequired: true, maximum: TextRules.lineLength),
            Field(
                "description", "Description", .lines(2), value: stored?.description ?? "",
                hint: now(there?.description, typed?["description"])),
        ]
        let rows = Self.rows(fields, typed: typed, error: error).map { row in
            row.merging([
                "when": .text(""), "standard": .text(""), "standards": .text(""), "is_away": .flag(false),
                "plain": .text(""),
            ]) {
                own, _ in own
            }
        }
        return [
            "label": .text("What it is called"), "about": .text(""), "fields": .list(rows), "has_options": .flag(false),
        ]
    }

    private func row(
        _ field: Template.DialogField, error: Refusal?, now: Template.DialogField?
    ) -> [String: PageValue] {
        var hint = field.description
        if stored != nil, field.isIdentity {
            hint += " A change ends all logins, and needs the secret again."
        }
        // What decides where the secret goes was changed, so the one there is does not count any more.
        let isNeeded = error != nil && field.isSecret && typed?[field.name].isEmpty ?? false
        let isKept = stored?.sealedSecret != nil && field.isSecret && !isNeeded
        if isKept { hint += " Leave it empty to keep the one there is." }
        if let now, !field.isSecret, now.value != field.value { hint += " It is now: \(now.value)" }
        let kind: Field.Kind =
            if !field.choices.isEmpty {
                .choice(field.choices)
            } else if field.isMultiline {
                .code(6)
            } else {
                field.isSecret ? .password : .text
            }
        let shown = Field(
            field.name, field.label, kind, value: field.value, hint: hint,
            isRequired: field.isRequired && !isKept,
            autocomplete: field.isSecret ? "new-password" : "off", aliases: [field.setting])
        let extra: [String: PageValue] = [
            "when": .text(field.when?.text() ?? ""), "standard": .text(field.standard),
            "standards": .text(field.standards?.text() ?? ""), "plain": .text(field.plain),
            // Where the trouble is, is shown.
            "is_away": .flag(!field.isVisible && error == nil),
        ]
        return Self.rows([shown], typed: nil, error: error).first?.merging(extra) { _, extra in extra } ?? extra
    }

    /// A refusal in the form's words: which change it is that needs the secret again.
    func said(_ error: Refusal) -> Refusal {
        guard let stored, error.code == .prohibitedChange,
            let secret = template.dialog(shown).flatMap(\.fields).first(where: {
                $0.isSecret && $0.isNamed(error.field)
            })
        else { return error }
        let before = template.dialog(stored.config).flatMap(\.fields)
        let changed = zip(before, template.dialog(shown).flatMap(\.fields)).filter { old, new in
            new.isIdentity && !new.isSecret && old.value != new.value
        }
        guard !changed.isEmpty else { return error }
        let names = changed.map { "the \(Self.inSentence($1.label))" }.joined(separator: ", ")
        return .invalid(
            secret.setting, "Type the \(Self.inSentence(secret.label)) again: \(names) changed.", code: error.code)
    }

    /// `Client ID` as `client ID`.
    private static func inSentence(_ label: String) -> String {
        label.split(separator: " ").map { word in
            word.dropFirst().first?.isUppercase ?? true ? String(word) : word.lowercased()
        }.joined(separator: " ")
    }

    private static func rows(_ fields: [Field], typed: SentForm?, error: Refusal?) -> [[String: PageValue]] {
        guard case .list(let rows) = Field.form(fields, typed: typed, error: error)["fields"] else { return [] }
        return rows
    }
}

extension DataSourceForm {
    /// The config that the form asks for, of a data source that is yet to be.
    var newConfig: JSONObject {
        let fields = template.dialog(template.config(typed: typed?.fields ?? [:])).flatMap(\.fields)
        var config: JSONObject = [:]
        for (name, value) in typed?.fields ?? [:] where Self.isSetting(name) && !value.isEmpty {
            if let field = fields.first(where: { $0.isNamed(name) }), isLeftAlone(field) { continue }
            config[name] = .string(value)
        }
        return config
    }

    /// What the form changes of the data source there is; nil: none of its settings.
    var changedConfig: JSONObject? {
        guard let stored, let typed else { return nil }
        let before = template.dialog(stored.config).flatMap(\.fields)
        let after = template.dialog(template.config(typed: typed.fields)).flatMap(\.fields)
        var config: JSONObject = [:]
        for (old, new) in zip(before, after) {
            guard let text = typed.fields[new.name], !(new.isSecret && text.isEmpty) else { continue }
            let isStandard = stored.config[new.setting] == nil && (text == new.standard || isLeftAlone(new))
            guard text != old.value, !isStandard else { continue }
            config[new.setting] = text.isEmpty ? .null : .string(text)
        }
        for name in typed.fields.keys where Self.isSetting(name) && !after.contains(where: { $0.isNamed(name) }) {
            // The domain says that there is no such setting.
            config[name] = .string(typed[name])
        }
        return config.isEmpty ? nil : config
    }
}
