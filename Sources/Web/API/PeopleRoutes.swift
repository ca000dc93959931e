import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// `v1/user`, `v1/users` and the caller's own API keys.
struct PeopleRoutes {
    private static let largestPage = 500
    private static let usualPage = 20

    func add(
        callers: RouterGroup<CallerContext>, publishers: RouterGroup<PublisherContext>,
        administrators: RouterGroup<AdministratorContext>
    ) {
        callers.get("user") { _, context in Response.json(Answers.user(context.caller.user)) }
        publishers.get("users") { request, context in
            try Self.page(try await context.tenant.people.all(for: context.publisher), try request.query())
        }
        callers.get("users/{guid}") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "user")
            return Response.json(Answers.user(try await context.tenant.people.user(guid, for: context.caller)))
        }
        administrators.post("users/{guid}/lock") { request, context in
            let guid = try context.guid("guid", of: context.tenant, what: "user")
            let members = try Members(try await request.jsonObject(), allowed: ["locked"])
            guard let locked = try members.flag("locked") else {
                throw Refusal.invalid("locked", "locked must be true or false.")
            }
            let user = try await context.tenant.people.setLocked(locked, user: guid, by: context.administrator)
            return Response.json(Answers.user(user))
        }
        addKeys(callers)
    }

    private func addKeys(_ callers: RouterGroup<CallerContext>) {
        callers.get("users/{guid}/keys") { _, context in
            try Self.requireSelf(context)
            let keys = try await context.tenant.people.keys(of: context.caller)
            return Response.json(.array(keys.map { .object(Answers.key($0)) }))
        }
        callers.post("users/{guid}/keys") { request, context in
            try Self.requireSelf(context)
            let members = try Members(try await request.jsonObject(), allowed: ["name", "user_role", "expires_at"])
            let role = try members.text("user_role").map { text throws(Refusal) in try Self.role(text) }
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

    static func role(_ text: String) throws(Refusal) -> Role {
        guard let role = Role(rawValue: text) else {
            throw .invalid(
                "user_role", "user_role must be one of \(Role.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return role
    }

    private static func time(_ text: String) throws(Refusal) -> Timestamp {
        guard let time = Timestamp(text) else {
            throw .invalid("expires_at", "expires_at must be a time in UTC such as 2030-01-31T12:00:00Z.")
        }
        return time
    }

    private static func requireSelf(_ context: CallerContext) throws(Refusal) {
        let guid = try context.guid("guid", of: context.tenant, what: "user")
        guard guid == context.caller.user.guid else {
            throw Refusal(.permissionDenied, "Keys are for their owner alone: use your own GUID.")
        }
    }

    /// A page of users in the form that lists of people have.
    private static func page(_ users: [UserRecord], _ query: [String: String]) throws(Refusal) -> Response {
        let size = try number(query["page_size"], "page_size", 1...largestPage) ?? usualPage
        let page = try number(query["page_number"], "page_number", 1...1_000_000) ?? 1
        var users = users
        if let prefix = query["prefix"]?.lowercased(), !prefix.isEmpty {
            users = users.filter { user in
                [user.username, user.email, user.firstName, user.lastName].contains {
                    $0.lowercased().hasPrefix(prefix)
                }
            }
        }
        let shown = users.dropFirst((page - 1) * size).prefix(size)
        return Response.json([
            "results": .array(shown.map(Answers.user)), "current_page": .integer(Int64(page)),
            "total": .integer(Int64(users.count)),
        ])
    }

    private static func number(_ text: String?, _ name: String, _ range: ClosedRange<Int>) throws(Refusal) -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .invalid(name, "\(name) must be a number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }
}
