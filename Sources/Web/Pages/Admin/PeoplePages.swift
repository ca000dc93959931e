import Accounts
import Cryptography
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// The people of an account, for its administrators: the list, and invites.
struct PeoplePages {
    /// So many groups of somebody are named in the list.
    private static let groupsNamed = 3

    func add(to doors: PageDoors) {
        doors.get("people", for: Administrator.self) { visit, admin in try await people(visit, admin) }
        doors.get("people/invite", for: Administrator.self) { visit, _ in inviteForm(visit, typed: nil, error: nil) }
        doors.post("people/invite", for: Administrator.self) { visit, admin, form in
            try await invite(visit, admin, form)
        }
        doors.get("people/invited", for: Administrator.self) { visit, admin in try await invited(visit, admin) }
    }

    private func people(_ visit: Visit, _ admin: Administrator) async throws -> Response {
        let query = try visit.query()
        let pager = try Pager(query)
        let page = try await visit.tenant.people.roster(try Self.filter(query), pager.request, for: admin)
        let anyRole = [(value: "", label: "Any")] + Role.allCases.map { (value: $0.rawValue, label: $0.label) }
        let anyState =
            [(value: "", label: "Any")] + RosterFilter.State.allCases.map { (value: $0.rawValue, label: $0.label) }
        let fields = [
            Field("q", "Name or email", .search, value: query["q"] ?? "", maximum: People.longestSearch),
            Field("role", "Role", .choice(anyRole), value: query["role"] ?? ""),
            Field("state", "State", .choice(anyState), value: query["state"] ?? ""),
        ]
        var values = Field.form(fields, typed: nil, error: nil)
        values.merge(pager.values(total: page.total, at: visit.path("people"), query)) { $1 }
        values["is_people"] = .flag(true)
        values["is_groups"] = .flag(false)
        values["people"] = .list(page.elements.map(Self.line))
        values["has_people"] = .flag(!page.elements.isEmpty)
        values["people_word"] = .text(page.total == 1 ? "person" : "people")
        return visit.page("people", title: "People", in: .people, values)
    }

    private static func filter(_ query: [String: String]) throws(Refusal) -> RosterFilter {
        var filter = RosterFilter()
        filter.words = query["q"] ?? ""
        if let text = query["role"], !text.isEmpty { filter.role = try UserRoutes.role(text) }
        if let text = query["state"], !text.isEmpty {
            guard let state = RosterFilter.State(rawValue: text) else {
                let known = RosterFilter.State.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalid("state", "state must be one of \(known).")
            }
            filter.state = state
        }
        return filter
    }

    private static func line(_ entry: RosterEntry) -> [String: PageValue] {
        let named = entry.groups.prefix(groupsNamed)
        var values = entry.user.lineValues
        values["last_active"] = .time(entry.lastActiveAt)
        values["groups"] = .list(
            named.map { group in
                [
                    "guid": .text(group.guid.description), "group_name": .text(group.name),
                    "separator": .text(group.guid == named.last?.guid ? "" : ", "),
                ]
            })
        values["more_groups"] = .text(entry.groups.count > named.count ? "\(entry.groups.count - named.count)" : "")
        values["no_groups"] = .flag(entry.groups.isEmpty)
        return values
    }

    private func inviteForm(_ visit: Visit, typed: SentForm?, error: Refusal?) -> Response {
        let fields = [
            Field("email", "Email", .email, isRequired: true, maximum: TextRules.emailLength, aliases: ["username"]),
            Field("first_name", "First name", maximum: TextRules.lineLength),
            Field("last_name", "Last name", maximum: TextRules.lineLength),
            Field(
                "role", "Role", .radio(Role.administrator.choicesUpTo), value: Role.viewer.rawValue,
                aliases: ["user_role"]),
        ]
        return visit.page(
            "people-invite", title: "Invite somebody", in: .people,
            Field.form(fields, typed: typed, error: error), status: Visit.status(error))
    }

    private func invite(_ visit: Visit, _ admin: Administrator, _ form: SentForm) async throws -> Response {
        do throws(Refusal) {
            var fields = People.Fields()
            fields.email = form["email"]
            fields.firstName = form["first_name"]
            fields.lastName = form["last_name"]
            fields.role = try UserRoutes.role(form["role"])
            let (user, token) = try await visit.tenant.people.create(fields, password: nil, by: admin)
            guard let token else { return visit.seeOther("people/\(user.guid)") }
            return await Self.showLink(token, of: user, visit)
        } catch {
            guard error.code.status < 500 else { throw error }
            return inviteForm(visit, typed: form, error: Self.said(error))
        }
    }

    /// There is one field for what the API knows as two, email and username.
    private static func said(_ error: Refusal) -> Refusal {
        guard ["email", "username"].contains(error.field), error.message.hasPrefix("There is a user") else {
            return error
        }
        return .invalid("email", "Somebody with this email is here already.", code: error.code)
    }

    /// To the page that shows an invite's link, once.
    static func showLink(_ token: SecretString, of user: UserRecord, _ visit: Visit) async -> Response {
        let invite = ShownOnce(secret: token, about: user.guid.description)
        return visit.seeOther("people/invited?" + (await visit.services.shownOnce.keep(invite, for: visit)))
    }

    private func invited(_ visit: Visit, _ admin: Administrator) async throws -> Response {
        var values: [String: PageValue] = ["link": .flag(false)]
        if let note = try await visit.services.shownOnce.take(for: visit), let guid = GUID(note.about) {
            let people = visit.tenant.people
            let profile = try await people.profile(guid, for: admin)
            values = [
                "link": .flag(true), "name": .text(profile.user.displayName), "email": .text(profile.user.email),
                "guid": .text(note.about), "until": .time(profile.inviteExpiresAt),
                "copy_text": .text(visit.services.world.address.base + people.invitePath(note.secret)),
                "copy_label": .text("the invite link"),
            ]
        }
        return visit.page("people-invited", title: "Invite link", in: .people, values)
    }
}
