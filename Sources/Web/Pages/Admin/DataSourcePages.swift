import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import OAuthClient
import Storage

/// An account's data sources, for its administrators.
struct DataSourcePages {
    func add(to doors: PageDoors) {
        doors.get("integrations/new", for: Administrator.self) { visit, _ in
            newDataSource(visit, SentForm(try visit.query()), error: nil)
        }
        doors.post("integrations/new", for: Administrator.self) { visit, admin, form in
            try await addDataSource(visit, admin, form)
        }
        doors.get("integrations/{guid}", for: Administrator.self) { visit, _ in try await dataSource(visit) }
    }

    private func newDataSource(_ visit: Visit, _ form: SentForm, error: Refusal?) -> Response {
        let typed = form.fields
        let template = typed["template"].flatMap(Template.named) ?? .named("databricks")
        let choices = Template.all.map { choice -> [String: PageValue] in
            ["key": .text(choice.key), "name": .text(choice.name), "is_chosen": .flag(choice.key == template?.key)]
        }
        let fields = (template?.dialog ?? []).map { field -> [String: PageValue] in
            [
                "name": .text(field.name), "label": .text(field.label), "description": .text(field.description),
                "type": .text(field.isSecret ? "password" : "text"), "is_multiline": .flag(field.isMultiline),
                "condition": .text(field.condition), "has_condition": .flag(!field.condition.isEmpty),
                "value": .text(field.isSecret ? "" : typed[field.name] ?? field.defaultValue),
                "is_choice": .flag(!field.choices.isEmpty), "is_required": .flag(field.isRequired),
                "choices": .list(
                    field.choices.map {
                        ["value": .text($0), "is_chosen": .flag($0 == (typed[field.name] ?? field.defaultValue))]
                    }
                ),
                "error": .text(field.isNamed(error?.field) ? error?.message ?? "" : ""),
                "has_error": .flag(field.isNamed(error?.field)),
            ]
        }
        let isOwn = error?.field == "name" || error?.field == "description"
        let isElsewhere = error != nil && !isOwn && !(template?.dialog.contains { $0.isNamed(error?.field) } ?? false)
        return visit.page(
            "new-data-source", title: "Add Data Source", in: .integrations,
            [
                "templates": .list(choices), "template": .text(template?.key ?? ""),
                "fields": .list(fields), "data_source_name": .text(typed["name"] ?? ""),
                "data_source_description": .text(typed["description"] ?? ""),
                "name_error": .text(error?.field == "name" ? error?.message ?? "" : ""),
                "has_name_error": .flag(error?.field == "name"),
                "description_error": .text(error?.field == "description" ? error?.message ?? "" : ""),
                "has_description_error": .flag(error?.field == "description"),
                "error": .text(isElsewhere ? error?.message ?? "" : ""), "has_error": .flag(isElsewhere),
                "redirect_uri": .text(template.flatMap { visit.services.world.address.expectedRedirectURI($0) } ?? ""),
                "has_login": .flag(template?.hasLogin ?? true),
            ],
            status: Visit.status(error)
        )
    }

    private func addDataSource(_ visit: Visit, _ admin: Administrator, _ sent: SentForm) async throws -> Response {
        let form = sent.fields
        var fields = IntegrationCatalog.Fields()
        fields.name = form["name"]
        fields.description = form["description"]
        var config: JSONObject = [:]
        let own: Set<String> = ["name", "description", "template", FormGuard.field, Submissions.field]
        // What was left as it stood says nothing where something else stands there under other options.
        let unsaid = Dictionary(
            (Template.named(form["template"] ?? "")?.dialog ?? []).filter(\.hasOtherDefaults).map {
                ($0.name, $0.defaultValue)
            }
        ) { first, _ in first }
        for (name, value) in form where !own.contains(name) && !value.isEmpty && unsaid[name] != value {
            config[name] = .string(value)
        }
        fields.config = config
        do throws(Refusal) {
            let entry = try await visit.tenant.integrations.create(
                template: form["template"] ?? "", fields, by: admin)
            return visit.seeOther("integrations/\(entry.integration.guid)", .dataSourceAdded)
        } catch {
            guard error.code.status < 500 else { throw error }
            return newDataSource(visit, sent, error: error)
        }
    }

    private func dataSource(_ visit: Visit) async throws -> Response {
        let catalog = visit.tenant.integrations
        let entry = try await catalog.entry(try visit.guid(what: "integration"))
        let integration = entry.integration
        let guidance = catalog.guidance(integration)
        let template = Template.named(integration.template)
        let config = (template?.shown(integration.config) ?? integration.config).map {
            key, value -> [String: PageValue] in
            ["name": .text(key), "value": .text(value.stringValue ?? value.text())]
        }
        return visit.page(
            "data-source", title: integration.name, in: .integrations,
            [
                "name": .text(integration.name),
                "guid": .text(integration.guid.description),
                "description": .text(integration.description),
                "has_description": .flag(!integration.description.isEmpty),
                "has_secret": .flag(integration.sealedSecret != nil),
                "provider": .text(template?.name ?? integration.template),
                "secret_name": .text(template?.secretName(integration.config) ?? ""),
                "redirect_uri": .text(guidance.redirectURI ?? ""),
                "has_redirect_uri": .flag(guidance.redirectURI != nil),
                "content_count": .text(String(entry.contentCount)), "config": .list(config),
                "warnings": .list(guidance.warnings.map { ["text": .text($0)] }),
            ]
        )
    }
}
