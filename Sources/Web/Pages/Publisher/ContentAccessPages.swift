import Accounts
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// Which data sources a content uses, and what that asks of its viewers.
struct ContentAccessPages {
    /// What the boxes of data sources are called, before their GUIDs.
    private static let box = "use-"

    func add(to doors: PageDoors) {
        doors.get("content/{guid}/access", for: Publisher.self) { visit, publisher in try await access(visit, publisher)
        }
        doors.post("content/{guid}/access", for: Publisher.self) { visit, publisher, form in
            try await attach(visit, publisher, form)
        }
        doors.post("content/{guid}/access/remove", for: Publisher.self) { visit, publisher, form in
            try await detach(visit, publisher, form)
        }
    }

    private func access(
        _ visit: Visit, _ publisher: Publisher, typed: SentForm? = nil, error: Refusal? = nil
    ) async throws -> Response {
        let guid = try visit.guid(what: "content")
        let content = try await visit.tenant.contents.editable(guid, by: publisher.caller)
        let query = try visit.query()
        let pager = try Pager(query)
        let search = typed?["q"] ?? query["q"] ?? ""
        let associations = visit.tenant.associations
        let live = try await associations.live(of: guid, for: publisher)
        let choices = try await associations.attachable(to: guid, search, pager.request, by: publisher)
        let ticked = typed?.ticked(Self.box) ?? []
        var values: [String: PageValue] = [
            "attached": .list(live.map(Self.attached)),
            "choices": .list(
                choices.elements.map { Self.choice($0, isTicked: ticked.contains($0.guid.description)) }),
            "q": .text(search), "form_error": .text(error?.message ?? ""),
            "is_open_to_all": .flag(content.accessType == .all),
            "is_static": .flag(content.isInteractive == false), "app_mode": .text(content.appMode ?? ""),
            // Exchanges without `audience` are refused from the second one on.
            "is_second": .flag(live.count == 1),
            "is_admin": .flag(publisher.caller.role == .administrator),
        ]
        let path = visit.path(ContentTab.access.path(of: guid))
        values.merge(pager.values(total: choices.total, at: path, query)) { $1 }
        return visit.page("content-access", of: content, .access, values, error: error)
    }

    private static func attached(_ live: Associations.Live) -> [String: PageValue] {
        let integration = live.entry.association.integration
        var values = about(integration)
        values["since"] = .time(live.entry.association.createdAt)
        values["is_revoked"] = .flag(!live.entry.isPermitted)
        let loggedIn = live.logins?.loggedIn ?? 0
        values["end"] = .text(
            loggedIn == 0
                ? "The content gets nothing from it any more, from the next request on."
                : "The content gets nothing from it any more, from the next request on. "
                    + loggedIn.of("viewer stays", "viewers stay")
                    + " logged in, for other content that uses it.")
        return values
    }

    private static func choice(_ integration: IntegrationRecord, isTicked: Bool) -> [String: PageValue] {
        var values = about(integration)
        values["is_chosen"] = .flag(isTicked)
        return values
    }

    private static func about(_ integration: IntegrationRecord) -> [String: PageValue] {
        let permissions = integration.hasLogin ? integration.permissions : []
        return [
            "guid": .text(integration.guid.description), "name": .text(integration.name),
            "description": .text(integration.description),
            "provider": .text(Template.named(integration.template)?.name ?? integration.template),
            "auth_type": .text(integration.authType), "demand": .text(integration.demand),
            "has_login": .flag(integration.hasLogin), "has_permissions": .flag(!permissions.isEmpty),
            "permissions": .list(permissions.map { ["words": .text($0.words ?? ""), "scope": .text($0.scope)] }),
        ]
    }

    private func attach(_ visit: Visit, _ publisher: Publisher, _ form: SentForm) async throws -> Response {
        let guid = try visit.guid(what: "content")
        return try await visit.carryOut { () throws(Refusal) in
            let ticked = form.ticked(Self.box).sorted()
            guard !ticked.isEmpty else { throw Refusal(.parameter, "Tick the data sources to attach first.") }
            let integrations = try ticked.map { text throws(Refusal) in
                guard let guid = GUID(text) else {
                    throw .invalid("integration", "Choose data sources from the list.", code: .integrationGUID)
                }
                return guid
            }
            try await visit.tenant.associations.attach(integrations, to: guid, by: publisher)
            return visit.seeOther(ContentTab.access.path(of: guid), .dataSourcesAttached)
        } else: {
            try await access(visit, publisher, typed: form, error: $0)
        }
    }

    private func detach(_ visit: Visit, _ publisher: Publisher, _ form: SentForm) async throws -> Response {
        let guid = try visit.guid(what: "content")
        return try await visit.carryOut { () throws(Refusal) in
            guard let integration = GUID(form["integration"]) else {
                throw .invalid("integration", "Choose a data source from the list.", code: .integrationGUID)
            }
            try await visit.tenant.associations.detach(integration, from: guid, by: publisher)
            return visit.seeOther(ContentTab.access.path(of: guid), .dataSourceRemoved)
        } else: {
            try await access(visit, publisher, error: $0)
        }
    }
}
