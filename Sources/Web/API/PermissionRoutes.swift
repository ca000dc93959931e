import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// `v1/content/{guid}/permissions`.
struct PermissionRoutes {
    func add(publishers: RouterGroup<PublisherContext>) {
        publishers.get("content/{guid}/permissions") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "content")
            let found = try await context.tenant.contents.permissions(of: guid, for: context.reader)
            return Response.json(.array(found.map(Answers.permission)))
        }
        publishers.post("content/{guid}/permissions") { request, context in
            let guid = try context.guid("guid", of: context.tenant, what: "content")
            let body = try await Self.body(request)
            guard let principal = body.principal else {
                throw Refusal.invalid(
                    "principal_guid", "principal_guid must be the GUID of a user or group of this account.")
            }
            let permission = try await context.tenant.contents.permit(
                principal, body.level ?? .viewer, on: guid, by: context.editor)
            return Response.json(Answers.permission(permission))
        }
        publishers.get("content/{guid}/permissions/{id}") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "content")
            let permission = try await context.tenant.contents.permission(
                try Self.choice(context), of: guid, for: context.reader)
            return Response.json(Answers.permission(permission))
        }
        publishers.put("content/{guid}/permissions/{id}") { request, context in
            let guid = try context.guid("guid", of: context.tenant, what: "content")
            let choice = try Self.choice(context)
            let body = try await Self.body(request)
            guard let level = body.level else { throw Self.unknownRole }
            let permission = try await context.tenant.contents.change(
                choice, of: guid, naming: body.principal, to: level, by: context.editor)
            return Response.json(Answers.permission(permission))
        }
        publishers.delete("content/{guid}/permissions/{id}") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "content")
            try await context.tenant.contents.forbid(try Self.choice(context), on: guid, by: context.editor)
            return Response.noContent
        }
    }

    private static let unknownRole = Refusal.invalid("role", "role must be viewer or owner.")

    /// The id of the path. The SDK's `permissions.destroy` puts the user's or group's GUID in its place.
    private static func choice(_ context: PublisherContext) throws(Refusal) -> PermissionChoice {
        guard let guid = context.parameters.get("id").flatMap({ GUID($0) }) else {
            return .id(try context.id("id", what: "permission"))
        }
        return .principal(guid)
    }

    private static func body(
        _ request: Request
    ) async throws -> (principal: Principal?, level: ContentPermissionRecord.Level?) {
        let members = try Members(
            try await request.jsonObject(), allowed: ["principal_guid", "principal_type", "role", "send_email"])
        guard try members.flag("send_email") != true else {
            throw Refusal.invalid(
                "send_email", "This server sends no mail: leave send_email out, and tell them yourself.")
        }
        let level = try members.text("role").map { text throws(Refusal) in
            guard let level = ContentPermissionRecord.Level(rawValue: text) else { throw unknownRole }
            return level
        }
        return (try principal(members), level)
    }

    private static func principal(_ members: Members) throws(Refusal) -> Principal? {
        let kind = try members.text("principal_type") ?? "user"
        guard kind == "user" || kind == "group" else {
            throw .invalid("principal_type", "principal_type must be user or group.")
        }
        guard let text = try members.text("principal_guid") else { return nil }
        guard let guid = GUID(text) else {
            throw .invalid("principal_guid", "principal_guid must be the GUID of a \(kind) of this account.")
        }
        return kind == "group" ? .group(guid) : .user(guid)
    }
}
