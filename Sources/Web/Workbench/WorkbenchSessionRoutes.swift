import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// `v1/workbench/sessions`.
struct WorkbenchSessionRoutes {
    let services: Services

    func add(callers: RouterGroup<CallerContext>) {
        callers.get("workbench/sessions") { request, context in
            let sessions =
                try QueryFlag.read("all", in: try request.query()) ?? false
                ? try await context.tenant.workbenchSessions.all(for: try AdministratorReader(context.caller))
                : try await context.tenant.workbenchSessions.own(context.caller)
            return Response.json(.array(sessions.map { .object(Self.answer($0)) }))
        }
        callers.post("workbench/sessions") { request, context in
            let members = try Members(try await request.optionalJSONObject(), allowed: ["user_guid", "hours"])
            let opened = try await context.tenant.workbenchSessions.open(
                for: try Self.user(members, context.tenant),
                hours: try members.integer("hours") ?? WorkbenchSessions.usualHours, by: context.caller
            )
            return Response.json(
                .object(
                    Self.answer(opened.session).merging([
                        "rpc_cookie": .string(opened.cookie.reveal()),
                        "environment": .array(
                            Workbench.environment(opened.cookie, address: services.world.address).map {
                                ["name": .string($0.name), "value": .string($0.value.reveal())]
                            }
                        ),
                    ])
                )
            )
        }
        callers.delete("workbench/sessions/{guid}") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "Workbench session")
            try await context.tenant.workbenchSessions.end(guid, by: context.caller)
            return Response.noContent
        }
    }

    private static func user(_ members: Members, _ tenant: Tenant) throws(Refusal) -> GUID? {
        guard let text = try members.text("user_guid") else { return nil }
        guard let guid = GUID(text), guid.tenant == tenant.account.fingerprint else {
            throw .invalid("user_guid", "user_guid must name a user of this account.")
        }
        return guid
    }

    private static func answer(_ session: WorkbenchSessionRecord) -> JSONObject {
        [
            "guid": Answers.guid(session.guid), "user_guid": Answers.guid(session.userGUID),
            "created_time": Answers.time(session.createdAt), "expires_at": Answers.time(session.expiresAt),
            "active_time": Answers.time(session.activeAt),
        ]
    }
}
