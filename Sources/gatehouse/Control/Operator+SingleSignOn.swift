import Accounts
import Integrations
import JSON
import Storage

extension Operator {
    /// What is in force, after it was changed where that was asked for.
    func singleSignOn(_ operation: Operation, _ parameters: JSONObject) async throws -> JSON {
        let tenant = try await tenant(parameters)
        let (service, admin) = (tenant.singleSignOn, proof(tenant))
        switch operation {
        case .allowPasswords: try await service.setOnly(false, by: admin)
        case .turnSingleSignOnOff: try await service.turnOff(by: admin)
        case .setBreakGlass:
            try await service.setBreakGlass(
                parameters["named"]?.boolValue ?? true, email: try text(parameters, "email") ?? "", by: admin)
        default: break
        }
        let overview = try await service.overview(for: admin)
        return [
            "account": .string(tenant.account.slug.text), "issuer": overview.live.map { .string($0.issuer) } ?? .null,
            "client_id": overview.live.map { .string($0.clientID) } ?? .null, "passwords": .bool(!overview.isOnly),
            "emergency": .array(overview.breakGlass.map { .string($0.email) }),
        ]
    }
}
