import Accounts
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// An account's data sources, for its administrators.
struct DataSourcePages {
    func add(to doors: PageDoors) {
        doors.get("integrations", for: Administrator.self) { visit, admin in try await list(visit, admin) }
        doors.get("integrations/new", for: Administrator.self) { visit, _ in
            newDataSource(visit, SentForm(try visit.query()), error: nil)
        }
        doors.post("integrations/new", for: Administrator.self) { visit, admin, form in
            try await addDataSource(visit, admin, form)
        }
        doors.get("integrations/{guid}", for: Administrator.self) { visit, admin in try await dataSource(visit, admin) }
        doors.get("integrations/{guid}/edit", for: Administrator.self) { visit, _ in
            edit(visit, try await integration(visit), nil, error: nil)
        }
        doors.post("integrations/{guid}/edit", for: Administrator.self) { visit, admin, form in
            try await save(visit, admin, form)
        }
        doors.get("integrations/{guid}/permissions", for: Administrator.self) { visit, admin in
            try await permissions(visit, admin, error: nil)
        }
        doors.post("integrations/{guid}/permissions", for: Administrator.self) { visit, admin, form in
            try await changePermissions(visit, admin, form)
        }
        doors.get("integrations/{guid}/delete", for: Administrator.self) { visit, admin in
            try await deletion(visit, admin, nil, error: nil)
        }
        doors.post("integrations/{guid}/delete", for: Administrator.self) { visit, admin, form in
            try await delete(visit, admin, form)
        }
    }

    /// The one that the address names.
    func integration(_ visit: Visit) async throws(Refusal) -> IntegrationRecord {
        try await visit.tenant.integrations.entry(try visit.guid(what: "integration")).integration
    }

    private func list(_ visit: Visit, _ admin: Administrator) async throws -> Response {
        let query = try visit.query()
        let (pager, text) = (try Pager(query), query["q"] ?? "")
        let found = try await visit.tenant.integrations.page(matching: text, pager.request, for: admin)
        let health = try await visit.tenant.activity.health(since: ActivityWindow.day.start(at: visit.now))
        let rows = found.elements.map { summary -> [String: PageValue] in
            [
                "link": .text(visit.path("integrations/\(summary.guid)")), "name": .text(summary.name),
                "description": .text(summary.description),
                "provider": .text(Template.named(summary.template)?.name ?? summary.template),
                "auth_type": .text(summary.authType), "content_count": .number(summary.contentCount),
                "health": HealthBadge.value(health[summary.guid] ?? IntegrationHealth()),
                "activity": .text(visit.path("activity?data_source=\(summary.guid)")),
                "has_login": .flag(summary.hasLogin), "logged_in": .number(summary.loggedInCount),
                "must_log_in_again": summary.loginRequiredCount == 0
                    ? .text("") : .number(summary.loginRequiredCount),
            ]
        }
        let search = Field(
            "q", "Name, provider or description", .search, value: text, maximum: TextRules.lineLength)
        var values: [String: PageValue] = [
            "rows": .list(rows), "is_filtered": .flag(!text.isEmpty),
            "is_empty": .flag(found.total == 0 && text.isEmpty),
            "is_unmatched": .flag(found.total == 0 && !text.isEmpty),
            "summary": .text(found.total == 1 ? "1 data source" : "\(found.total) data sources"),
            "search": Field.form([search], typed: nil, error: nil)["fields"] ?? .flag(false),
        ]
        values.merge(pager.values(total: found.total, at: visit.path("integrations"), query)) { own, _ in own }
        return visit.page("data-source-list", title: "Data sources", in: .integrations, values)
    }

    /// What the pages about one data source have in common.
    static func common(_ visit: Visit, _ integration: IntegrationRecord) -> [String: PageValue] {
        [
            "source": .text(integration.name), "link": .text(visit.path("integrations/\(integration.guid)")),
            "provider": .text(Template.named(integration.template)?.name ?? integration.template),
        ]
    }

    /// Text with a button that copies it.
    static func copy(_ text: String?, _ label: String) -> PageValue {
        guard let text else { return .flag(false) }
        return .object(["copy_text": .text(text), "copy_label": .text(label)])
    }

    /// What to do at the provider.
    static func instructions(_ guides: [Guide]) -> PageValue {
        .list(
            guides.map { guide in
                [
                    "heading": .text(guide.heading), "documentation": .text(guide.documentation ?? ""),
                    "when": .text(guide.when?.text() ?? ""), "is_away": .flag(!guide.isMeant),
                    "steps": .list(
                        guide.steps.map {
                            [
                                "words": .text($0.words), "code": .text($0.code ?? ""),
                                "when": .text($0.when?.text() ?? ""), "is_away": .flag(!$0.isMeant),
                            ]
                        }),
                ]
            })
    }
}
