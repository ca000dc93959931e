import Accounts
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// Changing a data source.
extension DataSourcePages {
    func edit(_ visit: Visit, _ integration: IntegrationRecord, _ typed: SentForm?, error: Refusal?) -> Response {
        guard let template = Template.named(integration.template) else {
            return visit.failure(
                Refusal(.unknownTemplate, "This server does not know the kind of this data source any more: delete it.")
            )
        }
        let isStale = error?.isChangedMeanwhile ?? false
        let form = DataSourceForm(template: template, stored: integration, typed: typed)
        var values = Self.common(visit, integration)
        values["version_number"] = .text(String(integration.version))
        values["warning"] = .text(
            isStale
                ? "Somebody else changed this data source meanwhile, so nothing was saved. What you typed is still here, and beside it what it is now. Save again to put yours in its place."
                : "Changes count at once for all content that uses it.")
        values.merge(form.values(error: isStale ? nil : error, there: isStale ? integration : nil)) { own, _ in own }
        return visit.page(
            "data-source-edit", title: "Edit \(integration.name)", in: .integrations, values,
            status: isStale ? .conflict : Visit.status(error))
    }

    func save(_ visit: Visit, _ admin: Administrator, _ sent: SentForm) async throws -> Response {
        let integration = try await integration(visit)
        guard !sent.has("update") else { return edit(visit, integration, sent, error: nil) }
        guard let template = Template.named(integration.template) else {
            return edit(visit, integration, sent, error: nil)
        }
        var fields = IntegrationCatalog.Fields()
        if let name = sent.fields["name"], name != integration.name { fields.name = name }
        // Browsers send line breaks as CR LF.
        let description = sent.fields["description"]?.replacing("\r\n", with: "\n")
        if let description, description != integration.description { fields.description = description }
        fields.config = DataSourceForm(template: template, stored: integration, typed: sent).changedConfig
        fields.version = Int64(sent["version"]) ?? 0
        let path = "integrations/\(integration.guid)"
        guard fields.name != nil || fields.description != nil || fields.config != nil else {
            return visit.seeOther(path, .nothingChanged)
        }
        do throws(Refusal) {
            _ = try await visit.tenant.integrations.update(integration.guid, fields, by: admin)
            return visit.seeOther(path, .dataSourceSaved)
        } catch {
            guard error.code.status < 500, error.code != .objectDoesNotExist else { throw error }
            // As it is by now: somebody else may have changed it since it was read.
            let now = try await self.integration(visit)
            let form = DataSourceForm(template: template, stored: now, typed: sent)
            return edit(visit, now, sent, error: form.said(error))
        }
    }
}
