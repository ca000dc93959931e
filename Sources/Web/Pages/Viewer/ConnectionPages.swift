import Accounts
import Hummingbird
import HummingbirdCore
import Integrations
import OAuthClient
import Storage

/// What somebody is logged in to.
struct ConnectionPages {
    func add(to doors: PageDoors) {
        doors.get("", for: Caller.self) { visit, caller in try await connections(visit, caller) }
    }

    private func connections(_ visit: Visit, _ caller: Caller) async throws -> Response {
        let entries = try await visit.tenant.integrations.all()
        let sessions = try await visit.tenant.sessions.own(caller)
        let isAdmin = caller.role == .administrator
        // What nobody logs in to is for administrators alone to see here.
        let rows = entries.filter { isAdmin || $0.integration.hasLogin }.map { entry -> [String: PageValue] in
            let integration = entry.integration
            let session = sessions.first { $0.integrationGUID == integration.guid }
            let path = "/__oauth__/integrations/\(integration.guid)"
            return [
                "name": .text(integration.name), "description": .text(integration.description),
                "provider": .text(Template.named(integration.template)?.name ?? integration.template),
                "is_connected": .flag(session != nil && session?.needsLogin == nil),
                "must_log_in_again": .flag(session?.needsLogin != nil),
                "since": .time(session?.createdAt),
                "login": .text(path + "/login?redirect=" + FormEncoding.encode(visit.path())),
                "logout": .text(path + "/logout"),
                "has_session": .flag(session != nil), "has_login": .flag(integration.hasLogin),
                "auth_type": .text(integration.authType),
                "details": .text(visit.path("integrations/\(integration.guid)")), "is_admin": .flag(isAdmin),
            ]
        }
        return visit.page(
            "connections", title: "My connections", in: .connections,
            ["integrations": .list(rows), "is_admin": .flag(isAdmin)])
    }
}
