import Accounts
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// Who may view a content, and who may change it beside its owner.
struct ContentViewersPages {
    /// So many people, and so many groups, a search offers.
    private static let offered = 10

    func add(to doors: PageDoors) {
        doors.get("content/{guid}/viewers", for: Publisher.self) { visit, publisher in
            try await viewers(visit, publisher, search: try visit.query()["q"] ?? "")
        }
        doors.post("content/{guid}/viewers", for: Publisher.self) { visit, publisher, form in
            try await setAccess(visit, publisher, form)
        }
        doors.post("content/{guid}/viewers/add", for: Publisher.self) { visit, publisher, form in
            try await list(visit, publisher, form)
        }
        doors.post("content/{guid}/viewers/remove", for: Publisher.self) { visit, publisher, form in
            try await unlist(visit, publisher, form)
        }
    }

    private func viewers(
        _ visit: Visit, _ publisher: Publisher, search: String, typed: SentForm? = nil, error: Refusal? = nil
    ) async throws -> Response {
        let guid = try visit.guid(what: "content")
        let content = try await visit.tenant.contents.editable(guid, by: publisher.caller)
        let query = try visit.query()
        let pager = try Pager(query)
        let listed = try await visit.tenant.contents.listed(on: guid, pager.request, for: publisher)
        var values = Field.form([ContentForm.access(content)], typed: typed, error: error)
        values["listed"] = .list(listed.elements.map(Self.row))
        values["is_listed_only"] = .flag(content.accessType == .acl)
        values["q"] = .text(search)
        values["is_searching"] = .flag(!search.isEmpty)
        values["found"] = .list(try await candidates(search, visit, publisher))
        let path = visit.path(ContentTab.viewers.path(of: guid))
        values.merge(pager.values(total: listed.total, at: path, query)) { $1 }
        return visit.page("content-viewers", of: content, .viewers, values, error: error)
    }

    private static func row(_ listed: ListedPrincipal) -> [String: PageValue] {
        let permission = listed.permission
        let isOwner = permission.level == .owner
        return [
            "id": .text(String(permission.id)), "principal": .text(permission.principal.text),
            "called": .text(listed.name.isEmpty ? listed.email : listed.name),
            "email": .text(listed.name.isEmpty ? "" : listed.email), "kind": .text(permission.principal.kindLabel),
            "role": .text(isOwner ? "Collaborator" : "Viewer"), "other": .text(isOwner ? "viewer" : "owner"),
            "other_role": .text(isOwner ? "a viewer" : "a collaborator"), "is_locked": .flag(listed.isLocked),
        ]
    }

    private func candidates(
        _ search: String, _ visit: Visit, _ publisher: Publisher
    ) async throws(Refusal) -> [[String: PageValue]] {
        let search = try TextRules.line(search, field: "q")
        guard !search.isEmpty else { return [] }
        let request = PageRequest(number: 1, size: Self.offered)
        var filter = visit.tenant.people.everybody
        filter.prefix = search
        filter.statuses = [.licensed, .inactive]
        let people = try await visit.tenant.people.page(filter, request, for: publisher)
        let groups = try await visit.tenant.groups.page(prefix: search, request, for: publisher.caller)
        let offers =
            people.elements.map { (Principal.user($0.guid), $0.displayName, $0.email) }
            + groups.elements.map { (Principal.group($0.guid), $0.name, "a group") }
        return offers.enumerated().map { position, offer in
            [
                "principal": .text(offer.0.text), "called": .text(offer.1),
                "email": .text(offer.1 == offer.2 ? "" : offer.2), "position": .number(position),
            ]
        }
    }

    private func setAccess(_ visit: Visit, _ publisher: Publisher, _ form: SentForm) async throws -> Response {
        let guid = try visit.guid(what: "content")
        return try await visit.carryOut { () throws(Refusal) in
            var fields = Contents.Fields()
            fields.accessType = form["access_type"]
            do throws(Refusal) {
                _ = try await visit.tenant.contents.update(guid, fields, by: publisher)
            } catch {
                guard error.code == .accessTypeNotAllowed else { throw error }
                throw .invalid(
                    "access_type", "Remove the data sources that act for the viewer first, under Access.",
                    code: error.code)
            }
            return visit.seeOther(ContentTab.viewers.path(of: guid), .viewersSaved)
        } else: {
            try await viewers(visit, publisher, search: "", typed: form, error: $0)
        }
    }

    private func list(_ visit: Visit, _ publisher: Publisher, _ form: SentForm) async throws -> Response {
        let guid = try visit.guid(what: "content")
        return try await visit.carryOut { () throws(Refusal) in
            guard let principal = Principal(text: form["principal"]) else {
                throw .invalid("principal", "Search for somebody and choose them from the list.")
            }
            guard let level = ContentPermissionRecord.Level(rawValue: form["role"]) else {
                throw .invalid("role", "Choose what they may do: view, or change the content too.")
            }
            _ = try await visit.tenant.contents.permit(principal, level, on: guid, by: publisher)
            return visit.seeOther(ContentTab.viewers.path(of: guid), .viewerListed)
        } else: {
            try await viewers(visit, publisher, search: form["q"], error: $0)
        }
    }

    private func unlist(_ visit: Visit, _ publisher: Publisher, _ form: SentForm) async throws -> Response {
        let guid = try visit.guid(what: "content")
        return try await visit.carryOut { () throws(Refusal) in
            guard let id = Int64(form["id"]), id > 0 else {
                throw .invalid("id", "Choose whom to take off from the list.")
            }
            do throws(Refusal) {
                try await visit.tenant.contents.forbid(.id(id), on: guid, by: publisher)
            } catch {
                // Who took themselves off may not change it any more, and is told so by the page they come to.
                guard error == .notFound("permission") else { throw error }
                throw .invalid("id", "They are not on the list any more.")
            }
            let isOwn = try await visit.tenant.contents.mayChange(guid, publisher)
            return visit.seeOther(isOwn ? ContentTab.viewers.path(of: guid) : "content", .viewerUnlisted)
        } else: {
            try await viewers(visit, publisher, search: "", error: $0)
        }
    }
}

extension Contents {
    /// Whether somebody may (still) change a content.
    fileprivate func mayChange(_ guid: GUID, _ publisher: Publisher) async throws(Refusal) -> Bool {
        do throws(Refusal) {
            _ = try await editable(guid, by: publisher.caller)
            return true
        } catch {
            guard error.code == .permissionDenied else { throw error }
            return false
        }
    }
}

extension Principal {
    /// How a form names it: `user:GUID` or `group:GUID`.
    var text: String { "\(kind):\(guid)" }

    init?(text: String) {
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let guid = GUID(parts[1]) else { return nil }
        switch parts[0] {
        case "user": self = .user(guid)
        case "group": self = .group(guid)
        default: return nil
        }
    }
}
