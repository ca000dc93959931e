import Accounts
import Hummingbird
import HummingbirdCore
import Integrations
import OAuthClient
import Storage

/// What somebody is logged in to, and what they can log in to.
struct ConnectionPages {
    private static let longestSearch = 200
    /// Rows of a page: each has a dialog with all the details.
    private static let rows = 12

    func add(to doors: PageDoors) {
        doors.get("", for: Caller.self) { visit, caller in try await connections(visit, caller) }
        doors.get("connections/{guid}/log-in", for: Caller.self) { visit, caller in
            try await askedElsewhere(visit, caller)
        }
    }

    /// Where a login leads that another site's page began.
    static func address(account: AccountSlug, _ integration: GUID, returningTo path: String) -> String {
        "/accounts/\(account)/connections/\(integration)/log-in?redirect=\(ReturnPath.parameter(path))"
    }

    private func askedElsewhere(_ visit: Visit, _ caller: Caller) async throws -> Response {
        let connection = try await visit.tenant.connections.one(try visit.guid(what: "integration"), for: caller)
        let wanted = try visit.query()["redirect"] ?? visit.path()
        guard let path = ReturnPath.relative(wanted, address: visit.services.world.address) else {
            throw Refusal.invalid("redirect", "redirect must be a path on this server, such as \(visit.path()).")
        }
        let name = connection.integration.name
        return visit.page(
            "connection-log-in", title: "Log in to \(name)", in: .connections,
            ["connection": .object(ConnectionValues.valuesWithPermissions(connection, returningTo: path))])
    }

    private func connections(_ visit: Visit, _ caller: Caller) async throws -> Response {
        let query = try visit.query()
        let text = query["q"] ?? ""
        guard text.count <= Self.longestSearch else {
            throw Refusal.invalid("q", "Search for \(Self.longestSearch) characters at most.")
        }
        let pager = try Pager(query, size: Self.rows)
        let (entries, total) = try await visit.tenant.connections.page(for: caller, matching: text, pager.request)
        let here = Self.address(visit, text, pager)
        var values: [String: PageValue] = [
            "connections": .list(entries.map { Self.values($0, visit, from: here) }),
            "is_admin": .flag(caller.role == .administrator), "q": .text(text),
            "is_searched": .flag(!text.isEmpty || total > 0), "is_empty": .flag(total == 0 && text.isEmpty),
            "is_unfound": .flag(total == 0 && !text.isEmpty), "return_to": .text(here + "notice=logged-out"),
        ]
        values.merge(pager.values(total: total, at: visit.path(), ["q": text])) { own, _ in own }
        return visit.page("connections", title: "My connections", in: .connections, values)
    }

    /// This page of the list, ready for one more parameter.
    private static func address(_ visit: Visit, _ text: String, _ pager: Pager) -> String {
        var address = visit.path() + "?"
        if !text.isEmpty { address += "q=\(FormEncoding.encode(text))&" }
        if pager.number > 1 { address += "page=\(pager.number)&" }
        return address
    }

    private static func values(_ entry: Connections.Entry, _ visit: Visit, from here: String) -> [String: PageValue] {
        let connection = entry.connection
        let guid = connection.integration.guid
        var values = ConnectionValues.values(connection, returningTo: here + "notice=logged-in")
        values["contents"] = .list(
            entry.contents.map { content in
                [
                    "title": .text(content.title.isEmpty ? content.name : content.title),
                    "address": .text(visit.services.world.address.contentAddress(of: content.guid) ?? ""),
                ]
            })
        values["has_contents"] = .flag(!entry.contents.isEmpty)
        values["further"] = .text(entry.furtherContents == 0 ? "" : "and \(entry.furtherContents) more")
        values["settings"] = .text(visit.path("integrations/\(guid)"))
        values["copy_text"] = .text(guid.description)
        values["copy_label"] = .text("the GUID")
        let details = [
            ("Client ID", connection.clientID), ("Authorization URL", connection.authorizationEndpoint),
            ("Token URL", connection.tokenEndpoint), ("Scopes", connection.scopes.joined(separator: " ")),
        ]
        values["details"] = .list(
            details.filter { !$0.1.isEmpty }.map { label, text in
                ["label": .text(label), "text": .text(text)]
            })
        return values
    }
}
