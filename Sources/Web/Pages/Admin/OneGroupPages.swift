import Accounts
import Hummingbird
import HummingbirdCore
import Integrations
import OAuthClient
import Storage

/// One group of an account, for its administrators: who is in it, and what was given to it.
struct OneGroupPages {
    func add(to doors: PageDoors) {
        doors.get("groups/{guid}", for: Administrator.self) { visit, admin in
            try await group(visit, admin, find: try visit.query()["find"], typed: nil, error: nil)
        }
        doors.post("groups/{guid}", for: Administrator.self) { visit, admin, form in
            try await rename(visit, admin, form)
        }
        doors.post("groups/{guid}/members", for: Administrator.self) { visit, admin, form in
            try await addMember(visit, admin, form)
        }
        doors.post("groups/{guid}/members/remove", for: Administrator.self) { visit, admin, form in
            try await removeMember(visit, admin, form)
        }
        doors.get("groups/{guid}/delete", for: Administrator.self) { visit, admin in
            try await deletion(visit, admin, error: nil)
        }
        doors.post("groups/{guid}/delete", for: Administrator.self) { visit, admin, _ in
            try await delete(visit, admin)
        }
    }

    /// - Parameters:
    ///   - find: what was looked for among those who can be added.
    ///   - typed: what was sent of the group's own fields.
    private func group(
        _ visit: Visit, _ admin: Administrator, find: String?, typed: SentForm?, error: Refusal?
    ) async throws -> Response {
        let guid = try visit.guid(what: "group")
        let groups = visit.tenant.groups
        let group = try await groups.group(guid, for: admin.caller)
        let pager = try Pager(try visit.query())
        let users = try await groups.members(of: guid, pager.request, for: admin.caller)
        let inner = try await groups.memberGroups(of: guid, for: admin.caller)
        let words = (find ?? "").trimmed
        let search = Field(
            "find", "Name or email", .search, value: words, maximum: People.longestSearch,
            aliases: ["user_guid", "group_guid", "member"])
        var (candidates, refused): (MemberCandidates?, Refusal?) = (nil, error)
        do throws(Refusal) {
            if !words.isEmpty { candidates = try await groups.candidates(for: guid, words: words, for: admin) }
        } catch {
            guard error.code.status < 500 else { throw error }
            refused = refused ?? error
        }
        let isOfSearch = search.isNamed(refused?.field)
        let nameForm = Field.form([GroupPages.nameField(group.name)], typed: typed, error: isOfSearch ? nil : refused)
        var values = nameForm
        values.merge(pager.values(total: users.total, at: visit.path("groups/\(guid)"))) { $1 }
        values.merge(try await about(group, visit, admin)) { $1 }
        values["search"] = Field.form([search], typed: nil, error: isOfSearch ? refused : nil)["fields"]
        values["people_word"] = .text(users.total == 1 ? "person" : "people")
        values["users"] = .list(users.elements.map(\.lineValues))
        values["has_users"] = .flag(!users.elements.isEmpty)
        values["inner"] = .list(
            inner.map { ["guid": .text($0.guid.description), "inner_name": .text($0.name)] })
        values["has_inner"] = .flag(!inner.isEmpty)
        values["is_empty"] = .flag(users.total == 0 && inner.isEmpty)
        values["is_searched"] = .flag(candidates != nil)
        values["find"] = .text(words)
        values["found"] = .list(candidates.map(Self.lines) ?? [])
        values["has_more"] = .flag(candidates?.hasMore ?? false)
        return visit.page(
            "groups-group", title: group.name, in: .people, values, status: Visit.status(refused))
    }

    /// What the pages of a group say of it.
    private func about(
        _ group: GroupRecord, _ visit: Visit, _ admin: Administrator
    ) async throws(Refusal) -> [String: PageValue] {
        let grants = try await visit.tenant.groups.grants(of: group.guid, for: admin)
        let lists = [grants.contents, grants.integrations, grants.groups]
        let more = lists.map { $0.total - $0.names.count }.reduce(0, +)
        var owner: UserRecord?
        if let guid = group.ownerGUID { owner = try await visit.tenant.people.user(guid, for: admin.caller) }
        return [
            "group_name": .text(group.name), "group_guid": .text(group.guid.description),
            "since": .time(group.createdAt), "owner": .text(owner?.displayName ?? ""),
            "owner_guid": .text(owner?.guid.description ?? ""),
            "copy_text": .text(group.guid.description), "copy_label": .text("the GUID"),
            "grants": .list(
                lists.flatMap(\.names).map { name in
                    [
                        "grant_kind": .text(name.kind == .group ? "Member of the group" : name.kindLabel),
                        "grant_name": .text(name.name), "grant_address": .text(visit.path(name.path)),
                    ]
                }),
            "more_grants": .text(more == 0 ? "" : String(more)),
        ]
    }

    private static func lines(_ candidates: MemberCandidates) -> [[String: PageValue]] {
        candidates.groups.map { group in
            [
                "field": .text("group_guid"), "guid": .text(group.guid.description), "found_name": .text(group.name),
                "found_note": .text("group"),
            ]
        }
            + candidates.users.map { user in
                [
                    "field": .text("user_guid"), "guid": .text(user.guid.description),
                    "found_name": .text(user.displayName),
                    "found_note": .text(user.displayName == user.email ? user.role.rawValue : user.email),
                ]
            }
    }

    private func rename(_ visit: Visit, _ admin: Administrator, _ form: SentForm) async throws -> Response {
        let guid = try visit.guid(what: "group")
        do throws(Refusal) {
            var fields = Groups.Fields()
            fields.name = form["name"]
            _ = try await visit.tenant.groups.update(guid, fields, by: try Publisher(admin.caller))
            return visit.seeOther("groups/\(guid)", .groupRenamed)
        } catch {
            guard error.code.status < 500, error.code != .objectDoesNotExist else { throw error }
            return try await group(visit, admin, find: nil, typed: form, error: error)
        }
    }

    private func addMember(_ visit: Visit, _ admin: Administrator, _ form: SentForm) async throws -> Response {
        let guid = try visit.guid(what: "group")
        do throws(Refusal) {
            let member: Principal
            if form.has("group_guid") {
                member = .group(try Self.guid(form["group_guid"], "group_guid"))
            } else {
                member = .user(try Self.guid(form["user_guid"], "user_guid"))
            }
            try await visit.tenant.groups.add(member, to: guid, by: try Publisher(admin.caller))
            return visit.seeOther("groups/\(guid)?find=\(FormEncoding.encode(form["find"]))", .memberAdded)
        } catch {
            guard error.code.status < 500, error.code != .objectDoesNotExist else { throw error }
            return try await group(visit, admin, find: form["find"], typed: nil, error: error)
        }
    }

    private func removeMember(_ visit: Visit, _ admin: Administrator, _ form: SentForm) async throws -> Response {
        let guid = try visit.guid(what: "group")
        do throws(Refusal) {
            let member = try Self.guid(form["member"], "member")
            try await visit.tenant.groups.remove(member, from: guid, by: admin.caller)
            return visit.seeOther("groups/\(guid)", .memberRemoved)
        } catch {
            guard error.code.status < 500, error.code != .objectDoesNotExist else { throw error }
            return try await group(visit, admin, find: nil, typed: nil, error: error)
        }
    }

    private static func guid(_ text: String, _ field: String) throws(Refusal) -> GUID {
        guard let guid = GUID(text) else {
            throw .invalid(field, "Choose somebody: search for a name, then press the button beside it.")
        }
        return guid
    }

    private func deletion(_ visit: Visit, _ admin: Administrator, error: Refusal?) async throws -> Response {
        let guid = try visit.guid(what: "group")
        let groups = visit.tenant.groups
        let group = try await groups.group(guid, for: admin.caller)
        let users = try await groups.members(of: guid, PageRequest(number: 1, size: 1), for: admin.caller)
        let inner = try await groups.memberGroups(of: guid, for: admin.caller)
        var values = try await about(group, visit, admin)
        values["form_error"] = .text(error?.message ?? "")
        values["people"] = .text(users.total.of("person", "people"))
        values["inner"] = .text(inner.count.of("group", "groups"))
        return visit.page(
            "groups-delete", title: "Delete \(group.name)", in: .people, values, status: Visit.status(error))
    }

    private func delete(_ visit: Visit, _ admin: Administrator) async throws -> Response {
        let guid = try visit.guid(what: "group")
        do throws(Refusal) {
            try await visit.tenant.groups.delete(guid, by: try Publisher(admin.caller))
            return visit.seeOther("groups", .groupDeleted)
        } catch {
            guard error.code.status < 500, error.code != .objectDoesNotExist else { throw error }
            return try await deletion(visit, admin, error: error)
        }
    }
}
