import Accounts
import Integrations
import JSON
import Storage

extension ManifestApplication {
    /// Makes `{"name": ..., "members": [emails]}` true. Where `members` is given it is the whole list of the group's users:
    /// whoever is taken out of the manifest loses what the group gave. Groups within the group stay.
    func apply(group entry: JSON, _ tenant: Tenant, _ admin: Administrator) async throws -> JSON? {
        guard let object = entry.objectValue else {
            throw Refusal.invalid("groups", "Each of groups must be an object.")
        }
        let given = try Members(object, allowed: ["name", "members"])
        guard let name = try given.text("name") else {
            throw Refusal.invalid("name", "Each of groups must have a name.")
        }
        let members = try await users(try given.list("members"), tenant)
        let publisher = try Publisher(admin.caller)
        let existing = try await tenant.account.store.group(name: name.trimmed)
        var fields = Groups.Fields()
        fields.name = name
        let group =
            if let existing {
                try await tenant.groups.update(existing.guid, fields, by: publisher)
            } else {
                try await tenant.groups.create(fields, by: publisher)
            }
        let moved =
            if let members { try await tenant.groups.setMembers(members, of: group.guid, by: admin) } else { 0 }
        guard existing != group || moved > 0 else { return nil }
        return [
            existing == nil ? "created" : "changed": "group", "guid": .string(group.guid.description),
            "name": .string(group.name),
        ]
    }

    /// The users that emails name; looked up before anything of the group is changed.
    private func users(_ emails: [JSON]?, _ tenant: Tenant) async throws -> Set<GUID>? {
        guard let emails else { return nil }
        var users: Set<GUID> = []
        for entry in emails {
            guard let email = entry.stringValue else {
                throw Refusal.invalid("members", "members must be a list of emails.")
            }
            guard let user = try await tenant.account.store.user(email: email) else {
                throw Refusal.invalid("members", "members names \(email.prefix(254)), who is no user of this account.")
            }
            users.insert(user.guid)
        }
        return users
    }
}
