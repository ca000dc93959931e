import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// `v1/content` and its associations.
struct ContentRoutes {
    let services: Services

    func add(callers: RouterGroup<CallerContext>, publishers: RouterGroup<PublisherContext>) {
        callers.get("content") { request, context in try await list(request, context) }
        callers.get("content/{guid}") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "content")
            let content = try await context.tenant.contents.content(guid, for: context.callerOrContent)
            return try await answer(content, context.callerOrContent, context.tenant)
        }
        publishers.post("content") { request, context in
            let members = try Members(
                try await request.jsonObject(),
                allowed: ["name", "title", "description", "access_type", "upstream_url"])
            let content = try await context.tenant.contents.create(try Self.fields(members), by: context.publisher)
            return try await answer(content, context.reader.caller, context.tenant)
        }
        publishers.patch("content/{guid}") { request, context in
            let guid = try context.guid("guid", of: context.tenant, what: "content")
            let body = try await request.jsonObject()
            let members = try Members(
                body, allowed: ["name", "title", "description", "access_type", "upstream_url", "owner_guid"]
            )
            var fields = try Self.fields(members)
            if body["upstream_url"]?.isNull == true { fields.upstreamURL = "" }
            if let owner = try members.text("owner_guid") {
                guard let guid = GUID(owner) else {
                    throw Refusal.invalid("owner_guid", "owner_guid must be the GUID of a publisher.")
                }
                fields.ownerGUID = guid
            }
            let content = try await context.tenant.contents.update(guid, fields, by: context.editor)
            return try await answer(content, context.reader.caller, context.tenant)
        }
        publishers.delete("content/{guid}") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "content")
            try await context.tenant.contents.delete(guid, by: context.publisher)
            return Response.noContent
        }
        addAssociations(callers, publishers)
    }

    private func addAssociations(_ callers: RouterGroup<CallerContext>, _ publishers: RouterGroup<PublisherContext>) {
        callers.get("content/{guid}/oauth/integrations/associations") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "content")
            let found = try await context.tenant.associations.of(content: guid, for: context.callerOrContent)
            return Response.json(.array(found.map(Answers.association)))
        }
        publishers.put("content/{guid}/oauth/integrations/associations") { request, context in
            let guid = try context.guid("guid", of: context.tenant, what: "content")
            guard let list = try await request.json().arrayValue else {
                throw Refusal(
                    .association, "The body must be a list of {\"oauth_integration_guid\": ...}; [] ends all.")
            }
            var integrations: [GUID] = []
            for entry in list {
                guard let text = entry["oauth_integration_guid"]?.stringValue, let integration = GUID(text) else {
                    throw Refusal.invalid(
                        "oauth_integration_guid", "Each entry must have the oauth_integration_guid of an integration.",
                        code: .integrationGUID
                    )
                }
                integrations.append(integration)
            }
            try await context.tenant.associations.replace(of: guid, with: integrations, by: context.publisher)
            let found = try await context.tenant.associations.of(content: guid, for: context.reader.caller)
            return Response.json(.array(found.map(Answers.association)))
        }
    }

    private func list(_ request: Request, _ context: CallerContext) async throws -> Response {
        let query = try request.query()
        var contents = try await context.tenant.contents.all(for: context.callerOrContent)
        if let name = query["name"] { contents = contents.filter { $0.name == name } }
        if let owner = query["owner_guid"] { contents = contents.filter { $0.ownerGUID.description == owner } }
        let includes = query["include"]?.split(separator: ",").map { $0.filter { !$0.isWhitespace } } ?? []
        let owners = includes.contains("owner") ? try await self.owners(context.tenant) : [:]
        let editable = try await context.tenant.contents.editableGUIDs(among: contents, by: context.callerOrContent)
        return Response.json(
            .array(
                contents.map {
                    Answers.content(
                        $0, caller: context.callerOrContent, canEdit: editable.contains($0.guid),
                        owner: owners[$0.ownerGUID],
                        address: services.world.address
                    )
                }
            )
        )
    }

    private func answer(
        _ content: ContentRecord, _ caller: Caller, _ tenant: Tenant
    ) async throws -> Response {
        let owner = try await attempt { () throws(StoreError) in try await tenant.account.store.user(content.ownerGUID)
        }
        let canEdit = try await tenant.contents.editableGUIDs(among: [content], by: caller).contains(content.guid)
        return Response.json(
            Answers.content(content, caller: caller, canEdit: canEdit, owner: owner, address: services.world.address)
        )
    }

    private func owners(_ tenant: Tenant) async throws -> [GUID: UserRecord] {
        let users = try await attempt { () throws(StoreError) in try await tenant.account.store.users() }
        return Dictionary(uniqueKeysWithValues: users.map { ($0.guid, $0) })
    }

    private static func fields(_ members: Members) throws(Refusal) -> Contents.Fields {
        var fields = Contents.Fields()
        fields.name = try members.text("name")
        fields.title = try members.text("title")
        fields.description = try members.text("description")
        fields.accessType = try members.text("access_type", code: .unknownAccessType)
        fields.upstreamURL = try members.text("upstream_url")
        return fields
    }
}
