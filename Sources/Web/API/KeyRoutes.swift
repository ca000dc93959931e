import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// The caller's own API keys: `v1/users/{guid}/keys`.
struct KeyRoutes {
    func add(callers: RouterGroup<CallerContext>) {
        callers.get("users/{guid}/keys") { _, context in
            try Self.requireSelf(context)
            let keys = try await context.tenant.people.keys(of: context.caller)
            return Response.json(.array(keys.map { .object(Answers.key($0)) }))
        }
        callers.post("users/{guid}/keys") { request, context in
            try Self.requireSelf(context)
            let members = try Members(try await request.jsonObject(), allowed: ["name", "user_role", "expires_at"])
            let role = try members.text("user_role").map { text throws(Refusal) in try UserRoutes.role(text) }
            let expiresAt = try members.text("expires_at").map { text throws(Refusal) in try Self.time(text) }
            let (record, key) = try await context.tenant.people.createKey(
                name: try members.text("name") ?? "", role: role, expiresAt: expiresAt, for: context.caller
            )
            return Response.json(.object(Answers.key(record).merging(["key": .string(key.reveal())])))
        }
        callers.get("users/{guid}/keys/{id}") { _, context in
            try Self.requireSelf(context)
            let id = try context.id("id", what: "API key")
            let keys = try await context.tenant.people.keys(of: context.caller)
            guard let key = keys.first(where: { $0.id == id }) else { throw Refusal.notFound("API key") }
            return Response.json(.object(Answers.key(key)))
        }
        callers.delete("users/{guid}/keys/{id}") { _, context in
            try Self.requireSelf(context)
            try await context.tenant.people.deleteKey(try context.id("id", what: "API key"), of: context.caller)
            return Response.noContent
        }
    }

    private static func time(_ text: String) throws(Refusal) -> Timestamp {
        guard let time = Timestamp(text) else {
            throw .invalid("expires_at", "expires_at must be a time in UTC such as 2030-01-31T12:00:00Z.")
        }
        return time
    }

    private static func requireSelf(_ context: CallerContext) throws(Refusal) {
        let guid = try context.guid("guid", of: context.tenant, what: "user")
        guard try guid == context.caller.user.guid else {
            throw Refusal(.permissionDenied, "Keys are for their owner alone: use your own GUID.")
        }
    }
}
