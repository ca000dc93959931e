import Accounts
import Cryptography
import Integrations
import JSON
import Storage

/// Makes a manifest true: what is missing is created, what differs is changed, what it does not name stays.
///
/// References to secrets were resolved by the command that read the file, in its own environment.
struct ManifestApplication: Sendable {
    let house: House

    func apply(_ parameters: JSONObject) async throws -> JSON {
        let operations = Operator(house: house)
        let slug = try operations.slug(parameters)
        guard let object = parameters["manifest"]?.objectValue else {
            throw Refusal.invalid("manifest", "The manifest must be a JSON object.")
        }
        let manifest = try Members(object, allowed: ["name", "users", "groups", "integrations", "single_sign_on"])
        let name = try manifest.text("name").map { text throws(Refusal) in
            try TextRules.line(text, field: "name", minimum: 1)
        }
        let users = try manifest.list("users") ?? []
        let groups = try manifest.list("groups") ?? []
        let integrations = try manifest.list("integrations") ?? []
        var changes: [JSON] = []
        let isNew = !house.folder.contains(slug)
        if isNew {
            try house.directory.create(slug, name: name ?? slug.text, at: house.world.clock.now)
            changes.append(["created": "account"])
        }
        guard let tenant = try await house.directory.tenant(slug) else { throw Refusal.notFound("account") }
        if isNew { try await tenant.account.store.note([operations.created(tenant, name ?? slug.text)]) }
        if let name, try tenant.account.about().name != name {
            try await tenant.account.rename(
                to: name,
                noting: operations.proof(tenant).event(
                    .accountRenamed, at: house.world.clock.now, details: ["name": .string(name)]))
            changes.append(["changed": "name"])
        }
        let base = parameters["base_url"]?.stringValue ?? house.world.address.base
        let admin = operations.proof(tenant)
        for entry in users {
            if let change = try await apply(user: entry, tenant, admin, base: base) { changes.append(change) }
        }
        for entry in groups {
            if let change = try await apply(group: entry, tenant, admin) { changes.append(change) }
        }
        for entry in integrations {
            if let change = try await apply(integration: entry, tenant, admin) { changes.append(change) }
        }
        // After the groups, which it may name.
        let change = try await apply(singleSignOn: object["single_sign_on"], tenant, admin)
        if let change { changes.append(change) }
        let hasAdministrator = try await tenant.account.store.users().contains {
            $0.role == .administrator && !$0.isLocked
        }
        return [
            "account": .string(slug.text), "changes": .array(changes), "has_administrator": .bool(hasAdministrator),
        ]
    }

    private func apply(user entry: JSON, _ tenant: Tenant, _ admin: Administrator, base: String) async throws -> JSON? {
        guard let object = entry.objectValue else { throw Refusal.invalid("users", "Each of users must be an object.") }
        let fields = try Members(object, allowed: ["email", "role", "first_name", "last_name"])
        let email = try TextRules.email(try fields.text("email") ?? "")
        let role = try Operator.role(try fields.text("role"))
        let (first, last) = (try fields.text("first_name"), try fields.text("last_name"))
        guard let user = try await tenant.account.store.user(email: email) else {
            let invitation = try await tenant.people.invite(
                email: email, role: role, firstName: first ?? "", lastName: last ?? "", by: admin
            )
            guard case .object(let answer) = Operator.answer(invitation, tenant, base: base) else { return nil }
            return .object((["created": "user"] as JSONObject).merging(answer))
        }
        var wanted = People.Fields()
        wanted.role = role
        wanted.firstName = first
        wanted.lastName = last
        guard try await tenant.people.update(user.guid, wanted, by: admin.caller).user != user else { return nil }
        return ["changed": "user", "email": .string(user.email)]
    }

    private func apply(integration entry: JSON, _ tenant: Tenant, _ admin: Administrator) async throws -> JSON? {
        guard let object = entry.objectValue else {
            throw Refusal.invalid("integrations", "Each of integrations must be an object.")
        }
        let given = try Members(object, allowed: ["name", "description", "template", "config"])
        guard let name = try given.text("name"), let template = try given.text("template") else {
            throw Refusal.invalid(
                "name", "Each of integrations must have a name and a template.", code: .integrationName)
        }
        var fields = IntegrationCatalog.Fields()
        fields.name = name
        fields.description = try given.text("description")
        fields.config = try given.members("config", code: .templateConfig)
        let existing = try await tenant.integrations.all().first {
            $0.integration.name == name && $0.integration.template == template
        }
        guard let existing else {
            let created = try await tenant.integrations.create(template: template, fields, by: admin)
            return [
                "created": "integration", "guid": .string(created.integration.guid.description), "name": .string(name),
            ]
        }
        guard try await tenant.integrations.differs(existing.integration, from: fields) else { return nil }
        _ = try await tenant.integrations.update(existing.integration.guid, fields, by: admin)
        return [
            "changed": "integration", "guid": .string(existing.integration.guid.description), "name": .string(name),
        ]
    }
}
