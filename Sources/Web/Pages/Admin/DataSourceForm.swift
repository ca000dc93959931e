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
        "name", "description", "template", "version", "update", FormGuard.field, Submissions.field,
    ]

    /// The config that the fields show.
    var shown: JSONObject {
        guard let typed else { return stored?.config ?? [:] }
        let given = template.config(typed: typed.fields)
        // What was left as it stood follows when another choice lets something else stand there.
        let fields = template.dialog(given).flatMap(\.fields)
        return JSONObject(
            given.filter { name, value in
                guard let field = fields.first(where: { $0.setting == name }), let standards = field.standards else {
                    return true
                }
                let known = (standards.arrayValue ?? []).compactMap { $0["value"]?.stringValue }
                return !(known + [field.plain, field.standard]).contains(value.stringValue ?? "")
            }.map { ($0.key, $0.value) })
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
        return ["label": .text("Name"), "about": .text(""), "fields": .list(rows), "has_options": .flag(false)]
    }

    private func row(
        _ field: Template.DialogField, error: Refusal?, now: Template.DialogField?
    ) -> [String: PageValue] {
        var hint = field.description
        if stored != nil, field.isIdentity {
            hint += " A change ends all logins, and needs the secret again."
        }
        if stored?.sealedSecret != nil, field.isSecret { hint += " Leave it empty to keep the one there is." }
        if let now, !field.isSecret, now.value != field.value { hint += " It is now: \(now.value)" }
        let kind: Field.Kind =
            if !field.choices.isEmpty {
                .choice(field.choices)
            } else if field.isMultiline {
                .lines(6)
            } else {
                field.isSecret ? .password : .text
            }
        let shown = Field(
            field.name, field.label, kind, value: field.value, hint: hint,
            isRequired: field.isRequired && !(field.isSecret && stored?.sealedSecret != nil),
            autocomplete: field.isSecret ? "new-password" : "off", aliases: [field.setting])
        let extra: [String: PageValue] = [
            "when": .text(field.when?.text() ?? ""), "standard": .text(field.standard),
            "standards": .text(field.standards?.text() ?? ""), "plain": .text(field.plain),
            // Where the trouble is, is shown.
            "is_away": .flag(!field.isVisible && error == nil),
        ]
        return Self.rows([shown], typed: nil, error: error).first?.merging(extra) { _, extra in extra } ?? extra
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
        for (name, value) in typed?.fields ?? [:] where !Self.own.contains(name) && !value.isEmpty {
            // What was left as it stood says nothing where something else stands there under other options.
            let field = fields.first { $0.isNamed(name) && $0.standards != nil }
            if let field, value == field.plain || value == field.standard { continue }
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
            let isStandard = stored.config[new.setting] == nil && text == new.standard
            guard text != old.value, !isStandard else { continue }
            config[new.setting] = text.isEmpty ? .null : .string(text)
        }
        for name in typed.fields.keys where !Self.own.contains(name) && !after.contains(where: { $0.isNamed(name) }) {
            // The domain says that there is no such setting.
            config[name] = .string(typed[name])
        }
        return config.isEmpty ? nil : config
    }
}
