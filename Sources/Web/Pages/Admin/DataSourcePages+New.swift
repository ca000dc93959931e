import Accounts
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// Adding a data source: the provider, then the form of its template's dialog.
extension DataSourcePages {
    /// Where nothing was chosen yet, the form is that of the provider most people come for.
    private static let firstChoice = "databricks"

    /// The kinds of data sources by name; whatever is none of them comes last.
    private static let offered = Template.all.sorted {
        ($0.key == other ? 1 : 0, $0.name.lowercased()) < ($1.key == other ? 1 : 0, $1.name.lowercased())
    }
    private static let other = "custom"

    /// - Parameter typed: the query, or the form that is shown again.
    func newDataSource(_ visit: Visit, _ typed: SentForm, error: Refusal?) -> Response {
        let chosen = typed.fields["template"].flatMap(Template.named)
        guard let template = chosen ?? Template.named(Self.firstChoice) else { return visit.seeOther("integrations") }
        let form = DataSourceForm(template: template, stored: nil, typed: typed)
        let redirectURI = visit.services.world.address.expectedRedirectURI(template)
        let guides = template.allGuides(form.shown, redirectURI: redirectURI, issuer: visit.tenant.issuer.identifier)
        let providers = Self.offered.map { choice -> [String: PageValue] in
            [
                "key": .text(choice.key), "name": .text(choice.name), "description": .text(choice.description),
                "is_chosen": .flag(choice.key == template.key),
            ]
        }
        let own: [String: PageValue] = [
            "providers": .list(providers), "template": .text(template.key), "provider": .text(template.name),
            "provider_description": .text(template.description), "is_first_step": .flag(chosen == nil),
            "is_guided": .flag(chosen != nil), "has_login": .flag(template.hasLogin),
            "there": .text(template.key == Self.other ? "the provider" : template.name),
            "has_registration": .flag(template.hasLogin || !guides.isEmpty), "has_instructions": .flag(!guides.isEmpty),
            "login_condition": .text(template.loginCondition?.text() ?? ""),
            "is_without_login": .flag(!template.hasLogin(form.shown)),
            "redirect_uri": Self.copy(redirectURI, "the redirect URI"), "instructions": Self.instructions(guides),
        ]
        return visit.page(
            "new-data-source", title: "Add Data Source", in: .integrations,
            form.values(error: error).merging(own) { _, own in own }, status: Visit.status(error))
    }

    func addDataSource(_ visit: Visit, _ admin: Administrator, _ sent: SentForm) async throws -> Response {
        // Another provider was chosen: what was typed goes along.
        if let chosen = Template.named(sent["choose"]) {
            return newDataSource(visit, DataSourceForm.carried(sent, to: chosen), error: nil)
        }
        // A choice was made that shows other fields.
        guard !sent.has("update") else { return newDataSource(visit, sent, error: nil) }
        var fields = IntegrationCatalog.Fields()
        fields.name = sent["name"]
        fields.description = sent["description"]
        fields.config =
            Template.named(sent["template"]).map {
                DataSourceForm(template: $0, stored: nil, typed: sent).newConfig
            } ?? [:]
        do throws(Refusal) {
            let entry = try await visit.tenant.integrations.create(template: sent["template"], fields, by: admin)
            return visit.seeOther("integrations/\(entry.integration.guid)", .dataSourceAdded)
        } catch {
            guard error.code.status < 500 else { throw error }
            return newDataSource(visit, sent, error: error)
        }
    }
}
