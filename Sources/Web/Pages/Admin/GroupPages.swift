import Accounts
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// The groups of an account, for its administrators: the list, and new ones.
struct GroupPages {
    func add(to doors: PageDoors) {
        doors.get("groups", for: Administrator.self) { visit, admin in try await groups(visit, admin) }
        doors.get("groups/new", for: Administrator.self) { visit, _ in newGroup(visit, typed: nil, error: nil) }
        doors.post("groups/new", for: Administrator.self) { visit, admin, form in
            try await create(visit, admin, form)
        }
    }

    private func groups(_ visit: Visit, _ admin: Administrator) async throws -> Response {
        let query = try visit.query()
        let pager = try Pager(query)
        let words = query["q"] ?? ""
        let page = try await visit.tenant.groups.roster(words: words, pager.request, for: admin)
        let search = Field("q", "Name", .search, value: words, maximum: People.longestSearch)
        var values = Field.form([search], typed: nil, error: nil)
        values.merge(pager.values(total: page.total, at: visit.path("groups"), query)) { $1 }
        values["is_people"] = .flag(false)
        values["is_groups"] = .flag(true)
        values["is_search"] = .flag(!words.isEmpty)
        values["groups"] = .list(
            page.elements.map { entry in
                [
                    "guid": .text(entry.group.guid.description), "name": .text(entry.group.name),
                    "users": .number(entry.users), "inner": .number(entry.groups),
                    "owner": .text(entry.owner?.name ?? ""),
                    "owner_guid": .text(entry.owner?.guid.description ?? ""),
                ]
            })
        values["has_groups"] = .flag(!page.elements.isEmpty)
        values["groups_word"] = .text(page.total == 1 ? "group" : "groups")
        return visit.page("groups", title: "Groups", in: .people, values)
    }

    static func nameField(_ name: String = "") -> Field {
        Field("name", "Name", value: name, isRequired: true, maximum: TextRules.lineLength)
    }

    private func newGroup(_ visit: Visit, typed: SentForm?, error: Refusal?) -> Response {
        visit.page(
            "groups-new", title: "Create group", in: .people,
            Field.form([Self.nameField()], typed: typed, error: error), status: Visit.status(error))
    }

    private func create(_ visit: Visit, _ admin: Administrator, _ form: SentForm) async throws -> Response {
        do throws(Refusal) {
            var fields = Groups.Fields()
            fields.name = form["name"]
            let group = try await visit.tenant.groups.create(fields, by: try Publisher(admin.caller))
            return visit.seeOther("groups/\(group.guid)", .groupCreated)
        } catch {
            guard error.code.status < 500 else { throw error }
            return newGroup(visit, typed: form, error: error)
        }
    }
}
