import Accounts
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// Everything about one data source.
extension DataSourcePages {
    func dataSource(_ visit: Visit, _ admin: Administrator) async throws -> Response {
        let catalog = visit.tenant.integrations
        let query = try visit.query()
        let pager = try Pager(query)
        let integration = try await integration(visit)
        let use = try await catalog.use(of: integration.guid, pager.request, for: admin)
        let guidance = catalog.guidance(integration)
        let template = Template.named(integration.template)
        let guides =
            template?.guides(
                integration.config, redirectURI: guidance.redirectURI, issuer: visit.tenant.issuer.identifier) ?? []
        var values = Self.common(visit, integration)
        let own: [String: PageValue] = [
            "description": .text(integration.description),
            "is_new": .flag(query[Notice.parameter] == Notice.dataSourceAdded.rawValue),
            "can_test": .flag(integration.hasLogin || integration.canTestWithoutLogin),
            "warnings": .list(guidance.warnings.map { ["text": .text($0)] }),
            "redirect_uri": Self.copy(guidance.redirectURI, "the redirect URI"),
            "guid_copy": Self.copy(integration.guid.description, "the GUID"),
            "instructions": Self.instructions(guides), "has_instructions": .flag(!guides.isEmpty),
            "settings": Self.settings(integration), "secret_label": .text(Self.secretLabel(integration)),
            "environment": .list(guidance.environment.map { ["label": .text($0.name), "text": .text($0.value)] }),
            "created": .time(integration.createdAt), "updated": .time(integration.updatedAt),
            "is_for_all": .flag(use.listed.isEmpty), "listed": Self.listed(use.listed),
            "is_unused": .flag(use.contents.total == 0),
            "content": .list(
                use.contents.elements.map { ["guid": .text($0.guid.description), "label": .text($0.label)] }),
            "has_login": .flag(integration.hasLogin),
        ]
        values.merge(own) { _, own in own }
        values.merge(Self.sessions(use.sessions)) { own, _ in own }
        let path = visit.path("integrations/\(integration.guid)")
        values.merge(pager.values(total: use.contents.total, at: path, query)) { own, _ in own }
        return visit.page("data-source", title: integration.name, in: .integrations, values)
    }

    /// The config as people read it.
    private static func settings(_ integration: IntegrationRecord) -> PageValue {
        guard let template = Template.named(integration.template) else {
            return .list(
                integration.config.map { ["label": .text($0), "text": .text($1.text()), "is_code": .flag(true)] })
        }
        var rows: [[String: PageValue]] = [
            ["label": .text("Authentication type"), "text": .text(integration.authType), "is_code": .flag(false)]
        ]
        for setting in template.overview(integration.config) where setting.name != "auth_type" {
            rows.append([
                "label": .text(setting.label), "text": .text(setting.value.stringValue ?? setting.value.text()),
                "is_code": .flag(true), "is_default": .flag(setting.isDefault),
            ])
        }
        return .list(rows)
    }

    private static func secretLabel(_ integration: IntegrationRecord) -> String {
        guard integration.sealedSecret != nil, let template = Template.named(integration.template),
            let name = template.secretName(integration.config)
        else { return "" }
        return template.label(of: name) ?? name
    }

    /// Who may attach it.
    static func listed(_ listed: [IntegrationUse.Listed]) -> PageValue {
        .list(
            listed.map {
                [
                    "label": .text($0.label), "kind": .text($0.principal.kindLabel),
                    "key": .text("\($0.principal.kind):\($0.principal.guid)"),
                ]
            })
    }

    private static func sessions(_ sessions: [IntegrationUse.Sessions]) -> [String: PageValue] {
        let ended = sessions.compactMap { fate -> [String: PageValue]? in
            guard let reason = fate.reason else { return nil }
            return ["count": .number(fate.count), "reason": .text(SessionReason.sentence(reason))]
        }
        return [
            "has_sessions": .flag(!sessions.isEmpty), "ended": .list(ended),
            "logged_in": .number(sessions.first { $0.reason == nil }?.count ?? 0),
        ]
    }
}
