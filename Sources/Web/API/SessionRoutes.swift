import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// `v1/oauth/sessions`.
struct SessionRoutes {
    func add(callers: RouterGroup<CallerContext>) {
        callers.get("oauth/sessions") { request, context in
            let sessions =
                try QueryFlag.read("all", in: try request.query()) ?? false
                ? try await context.tenant.sessions.all(for: try AdministratorReader(context.caller))
                : try await context.tenant.sessions.own(context.caller)
            return Response.json(.array(sessions.map(Answers.session)))
        }
        callers.get("oauth/sessions/{guid}") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "OAuth session")
            return Response.json(Answers.session(try await context.tenant.sessions.session(guid, for: context.caller)))
        }
        callers.delete("oauth/sessions/{guid}") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "OAuth session")
            try await context.tenant.sessions.end(guid, by: context.caller)
            return Response.noContent
        }
    }
}
