import Accounts
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// The content that somebody may open or change, and the form for more.
struct ContentListPages {
    func add(to doors: PageDoors) {
        doors.get("content", for: Caller.self) { visit, caller in try await list(visit, caller) }
        doors.get("content/new", for: Publisher.self) { visit, _ in newContent(visit) }
        doors.post("content/new", for: Publisher.self) { visit, publisher, form in
            try await create(visit, publisher, form)
        }
    }

    private func list(_ visit: Visit, _ caller: Caller) async throws -> Response {
        let query = try visit.query()
        let pager = try Pager(query)
        let search = query["q"] ?? ""
        let (contents, total) = try await visit.tenant.contents.page(search, pager.request, for: caller)
        var values: [String: PageValue] = [
            "contents": .list(contents.map { card($0, visit) }), "q": .text(search),
            "may_create": .flag(caller.role >= .publisher), "is_viewer": .flag(caller.role == .viewer),
            "is_beyond": .flag(contents.isEmpty && total > 0),
            "count": .text(search.isEmpty && total <= Pager.size ? "" : total.of("content", "contents")),
        ]
        values.merge(pager.values(total: total, at: visit.path("content"), query)) { $1 }
        return visit.page("content-list", title: "Content", in: .content, values)
    }

    private func card(_ seen: Contents.Seen, _ visit: Visit) -> [String: PageValue] {
        let content = seen.content
        let isRunning = content.upstreamURL != nil
        let address = visit.services.world.address.contentAddress(of: content.guid)
        return [
            "title": .text(content.called), "description": .text(content.description),
            "owner": .text(seen.owner?.displayName ?? ""),
            "manage": .text(seen.mayEdit ? visit.path("content/\(content.guid)") : ""),
            "name": .text(seen.mayEdit && !content.title.isEmpty ? content.name : ""),
            "access": .text(seen.mayEdit ? content.accessType.words : ""),
            "open": .text(seen.mayOpen && isRunning ? address ?? "" : ""), "is_absent": .flag(!isRunning),
        ]
    }

    private func newContent(_ visit: Visit, typed: SentForm? = nil, error: Refusal? = nil) -> Response {
        let fields = [
            ContentForm.title(nil), ContentForm.name(nil), ContentForm.description(nil), ContentForm.access(nil),
            ContentForm.upstream(nil),
        ]
        return visit.page(
            "content-new", title: "New content", in: .content, Field.form(fields, typed: typed, error: error),
            status: Visit.status(error))
    }

    private func create(_ visit: Visit, _ publisher: Publisher, _ form: SentForm) async throws -> Response {
        try await visit.carryOut { () throws(Refusal) in
            var fields = ContentForm.read(form)
            if fields.name?.isEmpty ?? true { fields.name = nil }
            let content = try await visit.tenant.contents.create(fields, by: publisher)
            return visit.seeOther("content/\(content.guid)", .contentCreated)
        } else: {
            newContent(visit, typed: form, error: $0)
        }
    }
}
