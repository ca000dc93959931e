import Accounts
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// What a content is called and where it runs, whom it belongs to, and its end.
struct ContentSettingsPages {
    /// So many publishers are offered at once; a search finds the others.
    private static let offered = 20

    func add(to doors: PageDoors) {
        doors.get("content/{guid}/settings", for: Publisher.self) { visit, publisher in
            try await settings(visit, publisher)
        }
        doors.post("content/{guid}/settings", for: Publisher.self) { visit, publisher, form in
            try await save(visit, publisher, form)
        }
        doors.get("content/{guid}/owner", for: Publisher.self) { visit, publisher in
            try await owner(visit, publisher, search: try visit.query()["q"] ?? "")
        }
        doors.post("content/{guid}/owner", for: Publisher.self) { visit, publisher, form in
            try await give(visit, publisher, form)
        }
        doors.get("content/{guid}/delete", for: Publisher.self) { visit, publisher in
            try await farewell(visit, publisher)
        }
        doors.post("content/{guid}/delete", for: Publisher.self) { visit, publisher, _ in
            try await visit.tenant.contents.delete(try visit.guid(what: "content"), by: publisher)
            return visit.seeOther("content", .contentDeleted)
        }
    }

    private func settings(
        _ visit: Visit, _ publisher: Publisher, typed: SentForm? = nil, error: Refusal? = nil
    ) async throws -> Response {
        let content = try await content(visit, publisher)
        let fields = [
            ContentForm.title(content), ContentForm.name(content), ContentForm.description(content),
            ContentForm.upstream(content),
        ]
        return visit.page(
            "content-settings", of: content, .settings, Field.form(fields, typed: typed, error: error), error: error)
    }

    private func save(_ visit: Visit, _ publisher: Publisher, _ form: SentForm) async throws -> Response {
        let guid = try visit.guid(what: "content")
        return try await visit.carryOut { () throws(Refusal) in
            var fields = ContentForm.read(form)
            // Who may view is another page's question.
            fields.accessType = nil
            _ = try await visit.tenant.contents.update(guid, fields, by: publisher)
            return visit.seeOther("content/\(guid)/settings", .contentSaved)
        } else: {
            try await settings(visit, publisher, typed: form, error: $0)
        }
    }

    private func owner(
        _ visit: Visit, _ publisher: Publisher, search: String, error: Refusal? = nil
    ) async throws -> Response {
        let content = try await content(visit, publisher)
        var filter = visit.tenant.people.everybody
        filter.prefix = try TextRules.line(search, field: "q")
        filter.roles = [.publisher, .administrator]
        filter.statuses = [.licensed, .inactive]
        let found = try await visit.tenant.people.page(
            filter, PageRequest(number: 1, size: Self.offered), for: publisher)
        let others = found.elements.filter { $0.guid != content.ownerGUID }
        let values: [String: PageValue] = [
            "q": .text(search), "is_owner": .flag(content.ownerGUID == publisher.caller.user.guid),
            "people": .list(
                others.map {
                    ["guid": .text($0.guid.description), "person": .text($0.displayName), "email": .text($0.email)]
                }),
            "has_more": .flag(found.total > Self.offered), "offered": .number(Self.offered),
            "form_error": .text(error?.message ?? ""),
        ]
        return visit.page("content-owner", of: content, .settings, title: "Another owner", values, error: error)
    }

    private func give(_ visit: Visit, _ publisher: Publisher, _ form: SentForm) async throws -> Response {
        let guid = try visit.guid(what: "content")
        return try await visit.carryOut { () throws(Refusal) in
            guard let owner = GUID(form["owner_guid"]) else {
                throw .invalid("owner_guid", "Choose a publisher from the list.")
            }
            var fields = Contents.Fields()
            fields.ownerGUID = owner
            _ = try await visit.tenant.contents.update(guid, fields, by: publisher)
            // Who gave it away may not see it any more.
            return visit.seeOther("content", .contentGiven)
        } else: {
            try await self.owner(visit, publisher, search: form["q"], error: $0)
        }
    }

    private func farewell(_ visit: Visit, _ publisher: Publisher) async throws -> Response {
        let content = try await content(visit, publisher)
        let remains = try await visit.tenant.contents.remains(of: content.guid, for: publisher)
        let parts = [
            (remains.integrations, "use of a data source", "uses of data sources"),
            (remains.listed, "person or group that is listed", "people and groups that are listed"),
            (remains.variables, "environment variable", "environment variables"),
            (remains.bundles, "bundle that was uploaded", "bundles that were uploaded"),
        ]
        return visit.page(
            "content-delete", of: content, .settings, title: "Delete",
            [
                "parts": .list(
                    parts.filter { $0.0 > 0 }.map { ["words": .text($0.0.of($0.1, $0.2))] })
            ])
    }

    private func content(_ visit: Visit, _ publisher: Publisher) async throws(Refusal) -> ContentRecord {
        try await visit.tenant.contents.editable(try visit.guid(what: "content"), by: publisher.caller)
    }
}
