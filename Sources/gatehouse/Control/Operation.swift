import Accounts
import Cryptography
import Integrations
import JSON
import Storage

/// What an operator can have done, whether or not a server runs: a name, parameters, and an answer in JSON.
///
/// The same code runs in the command's own process, where no server holds the folder, and in the server's, where one does.
enum Operation: String, Sendable {
    case createAccount = "account.create"
    case listAccounts = "account.list"
    case showAccount = "account.show"
    case deleteAccount = "account.delete"
    case applyManifest = "account.apply"
    case rotateSigningKey = "account.rotate-signing-key"
    case createUser = "user.create"
    case listUsers = "user.list"
    case lockUser = "user.lock"
    case inviteUser = "user.invite"
    case changeRole = "user.role"
    case rotateKey = "key.rotate"
    case openWorkbenchSession = "workbench.session"
    case listAudit = "audit.list"
    case verifyAudit = "audit.verify"
    case showSingleSignOn = "single-sign-on.show"
    case allowPasswords = "single-sign-on.allow-passwords"
    case setBreakGlass = "single-sign-on.emergency"
    case turnSingleSignOnOff = "single-sign-on.off"

    /// Whether it can make an account, and so may need the first master key.
    var makesAccounts: Bool { self == .createAccount || self == .applyManifest }
}

/// Performs operations on a house.
struct Operator: Sendable {
    let house: House

    func perform(_ operation: Operation, _ parameters: JSONObject) async throws -> JSON {
        switch operation {
        case .createAccount: try await createAccount(parameters)
        case .listAccounts: .array(house.directory.slugs.map { ["slug": .string($0.text)] })
        case .showAccount: try await about(try await tenant(parameters))
        case .deleteAccount: try await deleteAccount(parameters)
        case .applyManifest: try await ManifestApplication(house: house).apply(parameters)
        case .rotateSigningKey: try await rotateSigningKey(parameters)
        case .createUser: try await createUser(parameters)
        case .listUsers: try await listUsers(parameters)
        case .lockUser: try await lockUser(parameters)
        case .inviteUser: try await inviteUser(parameters)
        case .changeRole: try await changeRole(parameters)
        case .rotateKey: try rotateKey(parameters)
        case .openWorkbenchSession: try await openWorkbenchSession(parameters)
        case .listAudit: try await listAudit(parameters)
        case .verifyAudit: try await verifyAudit(parameters)
        case .showSingleSignOn, .allowPasswords, .setBreakGlass, .turnSingleSignOnOff:
            try await singleSignOn(operation, parameters)
        }
    }

    private func createAccount(_ parameters: JSONObject) async throws -> JSON {
        let slug = try slug(parameters)
        let name = try TextRules.line(try text(parameters, "name") ?? slug.text, field: "name", minimum: 1)
        let email = try text(parameters, "admin_email").map { text throws(Refusal) in try TextRules.email(text) }
        try house.directory.create(slug, name: name, at: house.world.clock.now)
        guard let tenant = try await house.directory.tenant(slug) else { throw Refusal.notFound("account") }
        try await tenant.account.store.note([created(tenant, name)])
        var admin: JSON?
        if let email {
            let invitation = try await tenant.people.invite(email: email, role: .administrator, by: proof(tenant))
            admin = Self.answer(invitation, tenant, base: base(parameters))
        }
        return ["account": try await about(tenant), "admin": admin ?? .null]
    }

    func created(_ tenant: Tenant, _ name: String) -> EventRecord {
        proof(tenant).event(
            .accountCreated, at: house.world.clock.now, details: ["name": .string(name)])
    }

    private func deleteAccount(_ parameters: JSONObject) async throws -> JSON {
        let slug = try slug(parameters)
        try await house.directory.erase(slug) { $0.account.markErased() }
        house.world.backlog.forget(TenantFingerprint(of: slug))
        return ["slug": .string(slug.text), "deleted": true]
    }

    private func rotateSigningKey(_ parameters: JSONObject) async throws -> JSON {
        let tenant = try await tenant(parameters)
        let atOnce = parameters["at_once"]?.boolValue ?? false
        return [
            "account": .string(tenant.account.slug.text), "issuer": .string(tenant.issuer.identifier),
            "key_id": .string(try await tenant.issuer.rotate(atOnce: atOnce, by: proof(tenant))),
        ]
    }

    private func createUser(_ parameters: JSONObject) async throws -> JSON {
        let tenant = try await tenant(parameters)
        let role = try Self.role(try text(parameters, "role"))
        let invitation = try await tenant.people.invite(
            email: try text(parameters, "email") ?? "", role: role, firstName: try text(parameters, "first_name") ?? "",
            lastName: try text(parameters, "last_name") ?? "", by: proof(tenant)
        )
        return Self.answer(invitation, tenant, base: base(parameters))
    }

    private func listUsers(_ parameters: JSONObject) async throws -> JSON {
        let tenant = try await tenant(parameters)
        let users = try await tenant.people.all(for: try Publisher(proof(tenant).caller))
        return .array(users.map(Self.answer))
    }

    private func lockUser(_ parameters: JSONObject) async throws -> JSON {
        let tenant = try await tenant(parameters)
        let user = try await tenant.people.user(email: try text(parameters, "email") ?? "", for: proof(tenant))
        let locked = parameters["locked"]?.boolValue ?? true
        return Self.answer(try await tenant.people.setLocked(locked, user: user.guid, by: proof(tenant)))
    }

    private func inviteUser(_ parameters: JSONObject) async throws -> JSON {
        let tenant = try await tenant(parameters)
        let user = try await tenant.people.user(email: try text(parameters, "email") ?? "", for: proof(tenant))
        let token = try await tenant.people.inviteAgain(user, by: proof(tenant))
        return [
            "guid": .string(user.guid.description), "email": .string(user.email),
            "invite_url": .string(Self.inviteLink(token, tenant, base: base(parameters))),
        ]
    }

    private func changeRole(_ parameters: JSONObject) async throws -> JSON {
        let tenant = try await tenant(parameters)
        let user = try await tenant.people.user(email: try text(parameters, "email") ?? "", for: proof(tenant))
        var fields = People.Fields()
        fields.role = try Self.role(try text(parameters, "role") ?? "")
        return Self.answer(try await tenant.people.update(user.guid, fields, by: proof(tenant).caller).user)
    }

    private func rotateKey(_ parameters: JSONObject) throws -> JSON {
        guard house.hasKey else {
            throw CommandFailure(
                "There is no master key yet, so there is none to rotate: check --data and --master-key-file.", .missing)
        }
        guard let file = house.masterKeyFile else {
            throw Refusal(
                .prohibitedChange,
                "The master keys are the environment's or a systemd credential, which nobody can rewrite from here: stop the server, run `gatehouse key rotate --master-key-file FILE` on the file they come from, and start it again."
            )
        }
        let forgets = parameters["forget_older"]?.boolValue ?? false
        let result = try house.directory.rotateMasterKey(path: file, forgettingOlder: forgets)
        return [
            "key_id": .string(result.keyID), "rewrapped": .integer(Int64(result.rewrapped)),
            "forgot_older": .bool(result.forgotOlder), "failures": .array(result.failures.map(JSON.string)),
        ]
    }

    func proof(_ tenant: Tenant) -> Administrator { .operator(tenant.account, at: house.world.clock.now) }

    private func about(_ tenant: Tenant) async throws -> JSON {
        let about = try tenant.account.about()
        let users = try await tenant.account.store.users()
        let integrations = try await tenant.account.store.integrations()
        let contents = try await tenant.account.store.contents()
        return [
            "slug": .string(tenant.account.slug.text), "name": .string(about.name),
            "created_time": .string(about.createdAt.description), "users": .integer(Int64(users.count)),
            "integrations": .integer(Int64(integrations.count)), "content": .integer(Int64(contents.count)),
            "bundle_bytes": .integer(try await tenant.deployments.bytes()),
        ]
    }

    func tenant(_ parameters: JSONObject) async throws -> Tenant {
        let slug = try slug(parameters)
        guard let tenant = try await house.directory.tenant(slug) else {
            throw Refusal(.objectDoesNotExist, "There is no account \(slug).")
        }
        return tenant
    }

    func slug(_ parameters: JSONObject) throws(Refusal) -> AccountSlug {
        guard let slug = AccountSlug(parameters["account"]?.stringValue ?? "") else {
            throw .invalid("account", "An account's name has \(AccountSlug.rule).")
        }
        return slug
    }

    static func role(_ text: String?) throws(Refusal) -> Role {
        guard let role = Role(rawValue: text ?? Role.viewer.rawValue) else {
            throw .invalid("role", "role must be one of \(Role.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return role
    }

    func text(_ parameters: JSONObject, _ name: String) throws(Refusal) -> String? {
        guard let value = parameters[name], !value.isNull else { return nil }
        guard let text = value.stringValue else { throw .invalid(name, "\(name) must be a text.") }
        return text
    }

    func base(_ parameters: JSONObject) -> String {
        parameters["base_url"]?.stringValue ?? house.world.address.base
    }

    static func answer(_ user: UserRecord) -> JSON {
        [
            "guid": .string(user.guid.description), "email": .string(user.email), "role": .string(user.role.rawValue),
            "locked": .bool(user.isLocked), "confirmed": .bool(user.isConfirmed),
        ]
    }

    static func answer(_ invitation: People.Invitation, _ tenant: Tenant, base: String) -> JSON {
        return [
            "guid": .string(invitation.user.guid.description), "email": .string(invitation.user.email),
            "role": .string(invitation.user.role.rawValue), "api_key": .string(invitation.apiKey.reveal()),
            "invite_url": .string(inviteLink(invitation.token, tenant, base: base)),
        ]
    }

    private static func inviteLink(_ token: SecretString, _ tenant: Tenant, base: String) -> String {
        base + tenant.people.invitePath(token)
    }
}
