import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// `v1/user` and `v1/users`.
struct UserRoutes {
    let services: Services

    private static let fields: Set<String> = [
        "email", "username", "first_name", "last_name", "user_role", "unique_id",
    ]

    func add(
        callers: RouterGroup<CallerContext>, publishers: RouterGroup<PublisherContext>,
        administrators: RouterGroup<AdministratorContext>
    ) {
        // Content asks too who its owner is, and nothing else about people.
        callers.get("user") { _, context in Response.json(Answers.user(context.callerOrContent.user)) }
        publishers.get("users") { request, context in
            let query = try request.query()
            let wanted = try Paging.request(query)
            let filter = try Self.filter(query, from: context.tenant.people.everybody)
            let page = try await context.tenant.people.page(filter, wanted, for: context.reader)
            return Paging.answer(page, wanted, Answers.user)
        }
        administrators.post("users") { request, context in try await create(request, context) }
        callers.get("users/{guid}") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "user")
            return Response.json(Answers.user(try await context.tenant.people.user(guid, for: context.caller)))
        }
        callers.put("users/{guid}") { request, context in
            let guid = try context.guid("guid", of: context.tenant, what: "user")
            let members = try Members(try await request.jsonObject(), allowed: Self.fields)
            let (user, invite) = try await context.tenant.people.update(
                guid, try Self.fields(members), by: context.caller)
            return answer(user, invite, context.tenant)
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
    }

    private func create(_ request: Request, _ context: AdministratorContext) async throws -> Response {
        let allowed = Self.fields.union(["password", "user_must_set_password"])
        let members = try Members(try await request.jsonObject(), allowed: allowed)
        let password = try members.text("password").map { SecretString($0) }
        let mustSetPassword = try members.flag("user_must_set_password") ?? false
        guard password == nil || !mustSetPassword else {
            throw Refusal.invalid(
                "password", "Give a password, or have the user set one by an invite: not both.")
        }
        let (user, invite) = try await context.tenant.people.create(
            try Self.fields(members), password: password, by: context.administrator)
        return answer(user, invite, context.tenant)
    }

    /// A user, and the link of an invite where one was made, which is shown this one time.
    private func answer(_ user: UserRecord, _ invite: SecretString?, _ tenant: Tenant) -> Response {
        guard let invite, case .object(let object) = Answers.user(user) else { return .json(Answers.user(user)) }
        let link = services.world.address.base + tenant.people.invitePath(invite)
        return .json(.object(object.merging(["invite_url": .string(link)])))
    }

    private static func fields(_ members: Members) throws(Refusal) -> People.Fields {
        var fields = People.Fields()
        fields.email = try members.text("email")
        fields.username = try members.text("username")
        fields.firstName = try members.text("first_name")
        fields.lastName = try members.text("last_name")
        fields.role = try members.text("user_role").map { text throws(Refusal) in try Self.role(text) }
        fields.uniqueID = try members.text("unique_id")
        return fields
    }

    static func role(_ text: String) throws(Refusal) -> Role {
        guard let role = Role(rawValue: text) else {
            throw .invalid(
                "user_role", "user_role must be one of \(Role.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return role
    }

    /// `prefix`, `user_role` and `account_status`; several values of one are joined by `|`.
    private static func filter(_ query: [String: String], from everybody: UserFilter) throws(Refusal) -> UserFilter {
        var filter = everybody
        filter.prefix = query["prefix"] ?? ""
        for text in query["user_role"]?.split(separator: "|", omittingEmptySubsequences: false) ?? [] {
            filter.roles.insert(try Self.role(String(text)))
        }
        for text in query["account_status"]?.split(separator: "|", omittingEmptySubsequences: false) ?? [] {
            guard let status = UserFilter.Status(rawValue: String(text)) else {
                let known = UserFilter.Status.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalid("account_status", "account_status must be one of \(known), or several joined by |.")
            }
            filter.statuses.insert(status)
        }
        return filter
    }
}
