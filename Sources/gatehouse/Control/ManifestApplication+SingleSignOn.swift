import Accounts
import Cryptography
import Integrations
import JSON
import Storage

extension ManifestApplication {
    /// Makes `single_sign_on` true, and puts it in force: the operator needs no test. `null` turns it off. Whether passwords
    /// are off is for the account's own administrators to say, who must have signed in once.
    func apply(singleSignOn given: JSON?, _ tenant: Tenant, _ admin: Administrator) async throws -> JSON? {
        guard let given else { return nil }
        let service = tenant.singleSignOn
        if given.isNull {
            guard try await service.overview(for: admin).live != nil else { return nil }
            try await service.turnOff(by: admin)
            return ["changed": "single_sign_on"]
        }
        guard let object = given.objectValue else {
            throw Refusal.invalid("single_sign_on", "single_sign_on must be an object, or null.")
        }
        let members = try Members(object, allowed: Self.allowed)
        var fields = SingleSignOnSettings.Fields()
        fields.issuer = try members.text("issuer") ?? ""
        fields.clientID = try members.text("client_id") ?? ""
        fields.scopes = try members.text("scopes") ?? ""
        fields.label = try members.text("label") ?? ""
        fields.domains = try (members.list("domains") ?? []).compactMap(\.stringValue).joined(separator: "\n")
        fields.requiresVerifiedEmail = try members.flag("requires_verified_email") ?? true
        fields.createsUsers = try members.flag("creates_users") ?? false
        fields.defaultRole = try members.text("default_role") ?? Role.viewer.rawValue
        fields.roleClaim = try members.text("role_claim") ?? ""
        fields.roles = try Self.lines(members, "roles")
        fields.groupClaim = try members.text("group_claim") ?? ""
        fields.groups = try Self.lines(members, "groups")
        let secret = try members.text("client_secret").map { SecretString($0) }
        try await service.save(fields, secret: secret, by: admin)
        guard try await service.useUntested(by: admin) else { return nil }
        return ["changed": "single_sign_on", "issuer": .string(fields.issuer)]
    }

    private static let allowed: Set<String> = [
        "issuer", "client_id", "client_secret", "scopes", "label", "domains", "requires_verified_email",
        "creates_users",
        "default_role", "role_claim", "roles", "group_claim", "groups",
    ]

    /// `{"value": "meaning"}` as the lines of the form.
    private static func lines(_ members: Members, _ name: String) throws(Refusal) -> String {
        let object = try members.members(name, code: .parameter) ?? [:]
        return object.map { "\($0.key) = \($0.value.stringValue ?? "")" }.joined(separator: "\n")
    }
}
