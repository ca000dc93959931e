import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// `v1/groups` and their members.
struct GroupRoutes {
    func add(callers: RouterGroup<CallerContext>, publishers: RouterGroup<PublisherContext>) {
        callers.get("groups") { request, context in
            let query = try request.query()
            let wanted = try Paging.request(query)
            let page = try await context.tenant.groups.page(
                prefix: query["prefix"] ?? "", wanted, for: context.caller)
            return Paging.answer(page, wanted, Answers.group)
        }
        publishers.post("groups") { request, context in
            let members = try Members(try await request.jsonObject(), allowed: ["name", "unique_id"])
            let group = try await context.tenant.groups.create(try Self.fields(members), by: context.publisher)
            return Response.json(Answers.group(group))
        }
        callers.get("groups/{guid}") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "group")
            return Response.json(Answers.group(try await context.tenant.groups.group(guid, for: context.caller)))
        }
        // Connect's own clients send PATCH, or POST, where others send PUT.
        for method in [HTTPRequest.Method.put, .patch, .post] {
            publishers.on("groups/{guid}", method: method) { request, context in try await update(request, context) }
        }
        publishers.delete("groups/{guid}") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "group")
            try await context.tenant.groups.delete(guid, by: context.publisher)
            return Response.noContent
        }
        addMembers(callers, publishers)
    }

    private func addMembers(_ callers: RouterGroup<CallerContext>, _ publishers: RouterGroup<PublisherContext>) {
        callers.get("groups/{guid}/members") { request, context in
            let guid = try context.guid("guid", of: context.tenant, what: "group")
            let query = try request.query()
            let wanted = try Paging.request(query)
            let groups = context.tenant.groups
            let page = try await groups.members(of: guid, wanted, for: context.caller)
            guard let include = query["include"] else { return Paging.answer(page, wanted, Answers.user) }
            guard include == "groups" else { throw Refusal.invalid("include", "include can be groups alone.") }
            let inner = try await groups.memberGroups(of: guid, for: context.caller)
            return Paging.answer(page, wanted, extra: ["groups": .array(inner.map(Answers.group))], Answers.user)
        }
        publishers.post("groups/{guid}/members") { request, context in
            let guid = try context.guid("guid", of: context.tenant, what: "group")
            let members = try Members(try await request.jsonObject(), allowed: ["user_guid", "group_guid"])
            try await context.tenant.groups.add(try Self.member(members), to: guid, by: context.publisher)
            return Response.noContent
        }
        // For all who are signed in: everybody may leave a group.
        callers.delete("groups/{guid}/members/{member}") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "group")
            let member = try context.guid("member", of: context.tenant, what: "member of the group")
            try await context.tenant.groups.remove(member, from: guid, by: context.caller)
            return Response.noContent
        }
    }

    private func update(_ request: Request, _ context: PublisherContext) async throws -> Response {
        let guid = try context.guid("guid", of: context.tenant, what: "group")
        let members = try Members(try await request.jsonObject(), allowed: ["name", "unique_id", "owner_guid"])
        var fields = try Self.fields(members)
        if let text = try members.text("owner_guid") {
            guard let owner = GUID(text) else {
                throw Refusal.invalid("owner_guid", "owner_guid must be the GUID of a publisher.")
            }
            fields.ownerGUID = owner
        }
        let group = try await context.tenant.groups.update(guid, fields, by: context.publisher)
        return Response.json(Answers.group(group))
    }

    private static func fields(_ members: Members) throws(Refusal) -> Groups.Fields {
        var fields = Groups.Fields()
        fields.name = try members.text("name")
        fields.uniqueID = try members.text("unique_id")
        return fields
    }

    /// Whom to add: a user, which is all that the SDKs know, or a group.
    private static func member(_ members: Members) throws(Refusal) -> Principal {
        switch (try members.text("user_guid"), try members.text("group_guid")) {
        case (let text?, nil):
            guard let guid = GUID(text) else { throw .invalid("user_guid", "user_guid must be the GUID of a user.") }
            return .user(guid)
        case (nil, let text?):
            guard let guid = GUID(text) else { throw .invalid("group_guid", "group_guid must be the GUID of a group.") }
            return .group(guid)
        default: throw .invalid("user_guid", "Give either the user_guid or the group_guid of who is to be added.")
        }
    }
}
