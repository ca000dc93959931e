import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// `v1/oauth/templates` and `v1/oauth/integrations`.
struct IntegrationRoutes {
    let services: Services

    func add(publishers: RouterGroup<PublisherContext>, administrators: RouterGroup<AdministratorContext>) {
        publishers.get("oauth/templates") { _, _ in Response.json(.array(Template.all.map(\.answer))) }
        publishers.get("oauth/templates/{key}") { _, context in
            guard let template = context.parameters.get("key").flatMap(Template.named) else {
                throw Refusal.notFound("template")
            }
            return Response.json(template.answer)
        }
        publishers.get("oauth/integrations") { _, context in
            let catalog = context.tenant.integrations
            let isAdmin = context.reader.caller.role == .administrator
            let entries = try await catalog.all()
            return Response.json(.array(entries.map { Answers.integration($0, catalog: catalog, isAdmin: isAdmin) }))
        }
        publishers.get("oauth/integrations/{guid}") { _, context in
            let catalog = context.tenant.integrations
            let guid = try context.guid("guid", of: context.tenant, what: "integration")
            let isAdmin = context.reader.caller.role == .administrator
            return Response.json(Answers.integration(try await catalog.entry(guid), catalog: catalog, isAdmin: isAdmin))
        }
        administrators.post("oauth/integrations") { request, context in
            let body = try await request.jsonObject()
            let members = try Members(body, allowed: ["name", "description", "template", "config", "permissions"])
            guard let template = try members.text("template", code: .unknownTemplate) else {
                throw Refusal.invalid(
                    "template", "template is missing: name one of GET v1/oauth/templates.", code: .unknownTemplate)
            }
            let catalog = context.tenant.integrations
            let entry = try await catalog.create(
                template: template, try Self.fields(members), by: context.administrator)
            return Response.json(Answers.integration(entry, catalog: catalog, isAdmin: true))
        }
        administrators.patch("oauth/integrations/{guid}") { request, context in
            let guid = try context.guid("guid", of: context.tenant, what: "integration")
            let catalog = context.tenant.integrations
            let members = try Members(
                Self.withoutReadOnly(try await request.jsonObject()),
                allowed: ["name", "description", "config", "permissions"]
            )
            let entry = try await catalog.update(guid, try Self.fields(members), by: context.administrator)
            return Response.json(Answers.integration(entry, catalog: catalog, isAdmin: true))
        }
        administrators.delete("oauth/integrations/{guid}") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "integration")
            try await context.tenant.integrations.delete(guid, by: context.administrator)
            return Response.noContent
        }
        administrators.get("oauth/integrations/{guid}/associations") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "integration")
            let found = try await context.tenant.associations.of(integration: guid, for: context.reader)
            return Response.json(.array(found.map(Answers.association)))
        }
        administrators.post("oauth/integrations/{guid}/verify") { _, context -> Response in
            let guid = try context.guid("guid", of: context.tenant, what: "integration")
            let lifetime = try await context.tenant.verification.verify(guid, by: context.administrator)
            return Response.json(["verified": true, "expires_in": lifetime.map(JSON.integer) ?? .null])
        }
    }

    /// What clients send back of what they got; it says nothing new.
    static let readOnly = [
        "id", "guid", "created_time", "updated_time", "template", "auth_type", "environment_variables",
        "content_count", "redirect_uri", "warnings",
    ]

    private static func withoutReadOnly(_ object: JSONObject) -> JSONObject {
        var object = object
        for key in readOnly { object[key] = nil }
        return object
    }

    private static func fields(_ members: Members) throws(Refusal) -> IntegrationCatalog.Fields {
        var fields = IntegrationCatalog.Fields()
        fields.name = try members.text("name", code: .integrationName)
        fields.description = try members.text("description", code: .integrationDescription)
        fields.config = try members.members("config", code: .templateConfig)
        fields.permissions = try members.list("permissions")?.map { entry throws(Refusal) in try principal(entry) }
        return fields
    }

    /// One of those who may attach an integration: a user or a group. Clients send both names, one of them null.
    private static func principal(_ entry: JSON) throws(Refusal) -> Principal {
        let refusal = Refusal.invalid(
            "permissions",
            "permissions must be a list of {\"user_guid\": ...} or {\"group_guid\": ...}, one GUID in each."
        )
        guard let object = entry.objectValue else { throw refusal }
        let (user, group) = (object["user_guid"] ?? .null, object["group_guid"] ?? .null)
        guard user.isNull != group.isNull, let guid = (user.stringValue ?? group.stringValue).flatMap({ GUID($0) })
        else { throw refusal }
        return user.isNull ? .group(guid) : .user(guid)
    }
}
