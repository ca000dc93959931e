import Accounts
import Cryptography
import Integrations
import JSON
import Storage

extension Operator {
    /// Opens a session for a user, whom the operator names by email.
    func openWorkbenchSession(_ parameters: JSONObject) async throws -> JSON {
        let tenant = try await tenant(parameters)
        let user = try await tenant.people.user(email: try text(parameters, "email") ?? "", for: proof(tenant))
        let hours = parameters["hours"]?.integerValue.flatMap { Int(exactly: $0) } ?? WorkbenchSessions.usualHours
        let opened = try await tenant.workbenchSessions.open(for: user.guid, hours: hours, by: proof(tenant).caller)
        let address = PublicAddress(base: base(parameters), content: nil)
        let environment = Workbench.environment(
            opened.cookie, address: address, folder: try text(parameters, "dir"))
        return [
            "guid": .string(opened.session.guid.description), "user_guid": .string(user.guid.description),
            "expires_at": .string(opened.session.expiresAt.description),
            "rpc_cookie": .string(opened.cookie.reveal()),
            "environment": .array(
                environment.map { ["name": .string($0.name), "value": .string($0.value.reveal())] }),
        ]
    }
}
