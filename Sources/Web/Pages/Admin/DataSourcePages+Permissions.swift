import Accounts
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// Who may attach a data source.
extension DataSourcePages {
    /// So many people, and groups, are shown of those that a search finds.
    private static let foundAtMost = 20

    func permissions(_ visit: Visit, _ admin: Administrator, error: Refusal?) async throws -> Response {
        let integration = try await integration(visit)
        let none = PageRequest(number: 1, size: 1)
        let use = try await visit.tenant.integrations.use(of: integration.guid, none, for: admin)
        let text = try TextRules.line(try visit.query()["q"] ?? "", field: "q")
        let found = try await candidates(visit, admin, text)
        let listed = Set(use.listed.map(\.principal))
        let search = Field(
            "q", "Email address, name or group", .search, value: text, maximum: TextRules.lineLength)
        var values = Self.common(visit, integration)
        let own: [String: PageValue] = [
            "is_for_all": .flag(use.listed.isEmpty), "listed": Self.listed(use.listed),
            "search": Field.form([search], typed: nil, error: nil)["fields"] ?? .flag(false),
            "is_unmatched": .flag(found.rows.isEmpty), "is_searched": .flag(!text.isEmpty),
            "is_more": .flag(found.isMore),
            "found": .list(
                found.rows.map { who, label in
                    [
                        "label": .text(label), "kind": .text(who.kindLabel), "key": .text("\(who.kind):\(who.guid)"),
                        "is_listed": .flag(listed.contains(who)),
                    ]
                }),
            "form_error": .text(error?.message ?? ""),
        ]
        values.merge(own) { _, own in own }
        return visit.page(
            "data-source-permissions", title: "Who may attach \(integration.name)", in: .integrations, values,
            status: Visit.status(error))
    }

    func changePermissions(_ visit: Visit, _ admin: Administrator, _ form: SentForm) async throws -> Response {
        let guid = try await integration(visit).guid
        let catalog = visit.tenant.integrations
        do throws(Refusal) {
            if form.has("everybody") {
                try await catalog.permitEverybody(on: guid, by: admin)
            } else if form.has("remove") {
                try await catalog.forbid(try Self.principal(form["remove"]), on: guid, by: admin)
            } else {
                try await catalog.permit(try Self.principal(form["add"]), on: guid, by: admin)
            }
            return visit.seeOther("integrations/\(guid)/permissions", .attachersChanged)
        } catch {
            guard error.code.status < 500, error.code != .objectDoesNotExist else { throw error }
            return try await permissions(visit, admin, error: error)
        }
    }

    private func candidates(
        _ visit: Visit, _ admin: Administrator, _ text: String
    ) async throws(Refusal) -> (rows: [(Principal, String)], isMore: Bool) {
        let publisher = try Publisher(admin.caller)
        let request = PageRequest(number: 1, size: Self.foundAtMost)
        var filter = visit.tenant.people.everybody
        filter.prefix = text
        // Viewers attach nothing, and administrators may anyway.
        filter.roles = [.publisher]
        let people = try await visit.tenant.people.page(filter, request, for: publisher)
        let groups = try await visit.tenant.groups.page(prefix: text, request, for: admin.caller)
        return (
            groups.elements.map { (.group($0.guid), $0.name) } + people.elements.map { (.user($0.guid), $0.email) },
            people.total > Self.foundAtMost || groups.total > Self.foundAtMost
        )
    }

    private static func principal(_ key: String) throws(Refusal) -> Principal {
        let parts = key.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let guid = GUID(String(parts[1])) else { throw nobody }
        switch parts[0] {
        case "user": return .user(guid)
        case "group": return .group(guid)
        default: throw nobody
        }
    }

    private static let nobody = Refusal.invalid(
        "permissions", "Nobody was chosen: search for somebody, and press the button beside them.")
}
