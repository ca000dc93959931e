import Accounts
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// One person of an account, for its administrators: what they have, and what can be changed of it.
struct PersonPages {
    func add(to doors: PageDoors) {
        doors.get("people/{guid}", for: Administrator.self) { visit, admin in
            try await person(visit, admin, typed: nil, error: nil)
        }
        doors.post("people/{guid}", for: Administrator.self) { visit, admin, form in
            try await change(visit, admin, form)
        }
        doors.post("people/{guid}/lock", for: Administrator.self) { visit, admin, form in
            try await lock(visit, admin, form)
        }
        doors.post("people/{guid}/invite", for: Administrator.self) { visit, admin, _ in
            try await inviteAgain(visit, admin)
        }
    }

    private func person(
        _ visit: Visit, _ admin: Administrator, typed: SentForm?, error: Refusal?
    ) async throws -> Response {
        let guid = try visit.guid(what: "user")
        let profile = try await visit.tenant.people.profile(guid, for: admin)
        let user = profile.user
        let isSelf = guid == admin.caller.user.guid
        var fields = [
            Field("first_name", "First name", value: user.firstName, maximum: TextRules.lineLength),
            Field("last_name", "Last name", value: user.lastName, maximum: TextRules.lineLength),
            Field(
                "email", "Email", .email, value: user.email, hint: "They sign in with it.", isRequired: true,
                maximum: TextRules.emailLength),
        ]
        if !isSelf {
            fields.append(
                Field(
                    "role", "Role", .radio(Role.administrator.choicesUpTo), value: user.role.rawValue,
                    aliases: ["user_role"]))
        }
        var values = Field.form(fields, typed: typed, error: error)
        values.merge(user.lineValues) { $1 }
        values.merge(Self.belongings(profile)) { $1 }
        values["email"] = .text(user.email)
        values["is_self"] = .flag(isSelf)
        values["is_locked"] = .flag(user.isLocked)
        values["may_edit"] = .flag(!isSelf && user.role >= .publisher)
        values["edits_all"] = .flag(user.role == .administrator)
        values["copy_text"] = .text(guid.description)
        values["copy_label"] = .text("the GUID")
        return visit.page(
            "people-person", title: user.displayName, in: .people, values, status: Visit.status(error))
    }

    private static func belongings(_ profile: ProfileRecord) -> [String: PageValue] {
        let contents = profile.contents
        return [
            "since": .time(profile.user.createdAt), "last_active": .time(profile.lastActiveAt),
            "invite_until": .time(profile.inviteExpiresAt),
            "browsers": .text(profile.browsers.of("browser", "browsers")),
            "keys": .text(profile.keys.of("API key", "API keys")),
            "workbench": .text(profile.workbenchSessions.of("IDE session", "IDE sessions")),
            "groups": .list(
                profile.groups.map { group($0, isOuter: false) }
                    + profile.outerGroups.map { group($0, isOuter: true) }),
            "logins": .list(
                profile.logins.map { login in
                    [
                        "guid": .text(login.integration.guid.description),
                        "login_name": .text(login.integration.name), "since": .time(login.createdAt),
                        "must": .flag(login.needsLogin != nil),
                    ]
                }),
            "contents": .list(
                contents.names.map { ["guid": .text($0.guid.description), "content_name": .text($0.name)] }),
            "more_contents": .text(
                contents.total > contents.names.count ? "\(contents.total - contents.names.count)" : ""),
            "owns": .text(contents.total == 0 ? "" : contents.total.of("content", "contents")),
        ]
    }

    private static func group(_ group: GroupRecord, isOuter: Bool) -> [String: PageValue] {
        ["guid": .text(group.guid.description), "group_name": .text(group.name), "is_outer": .flag(isOuter)]
    }

    private func change(_ visit: Visit, _ admin: Administrator, _ form: SentForm) async throws -> Response {
        let guid = try visit.guid(what: "user")
        do throws(Refusal) {
            var fields = People.Fields()
            fields.firstName = form.fields["first_name"]
            fields.lastName = form.fields["last_name"]
            fields.email = form.fields["email"]
            fields.role = try form.fields["role"].map { text throws(Refusal) in try UserRoutes.role(text) }
            let (user, token) = try await visit.tenant.people.update(guid, fields, by: admin.caller)
            guard let token else { return visit.seeOther("people/\(guid)", .personChanged) }
            // The invite that was under way went to the address before.
            return await PeoplePages.showLink(token, of: user, visit)
        } catch {
            guard error.code.status < 500, error.code != .objectDoesNotExist else { throw error }
            return try await person(visit, admin, typed: form, error: error)
        }
    }

    private func lock(_ visit: Visit, _ admin: Administrator, _ form: SentForm) async throws -> Response {
        let guid = try visit.guid(what: "user")
        do throws(Refusal) {
            guard ["yes", "no"].contains(form["locked"]) else {
                throw .invalid("locked", "locked must be yes or no.")
            }
            let locked = form["locked"] == "yes"
            _ = try await visit.tenant.people.setLocked(locked, user: guid, by: admin)
            return visit.seeOther("people/\(guid)", locked ? .personLocked : .personUnlocked)
        } catch {
            guard error.code.status < 500, error.code != .objectDoesNotExist else { throw error }
            return try await person(visit, admin, typed: nil, error: error)
        }
    }

    private func inviteAgain(_ visit: Visit, _ admin: Administrator) async throws -> Response {
        let guid = try visit.guid(what: "user")
        do throws(Refusal) {
            let token = try await visit.tenant.people.inviteAgain(guid, by: admin)
            let user = try await visit.tenant.people.user(guid, for: admin.caller)
            return await PeoplePages.showLink(token, of: user, visit)
        } catch {
            guard error.code.status < 500, error.code != .objectDoesNotExist else { throw error }
            return try await person(visit, admin, typed: nil, error: error)
        }
    }
}
