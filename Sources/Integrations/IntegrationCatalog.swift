public import Accounts
import Cryptography
import HTTPClient
public import JSON
import OAuthClient
public import Storage

/// The integrations of one account: made from templates, checked before they are kept, guarded when they change.
public struct IntegrationCatalog: Sendable {
    let account: OpenAccount
    let clock: WallClock
    let address: PublicAddress
    let outbound: OutboundPolicy
    let transport: any HTTPTransport

    /// What may be given when an integration is created or changed; nil leaves what is there.
    public struct Fields: Sendable {
        /// For people.
        public var name: String?
        /// For people.
        public var description: String?
        /// The keys to set; a null takes one away.
        public var config: JSONObject?
        /// Who may attach it: users' GUIDs; an empty list: every publisher.
        public var permissions: [GUID]?

        /// Nothing is given.
        public init() {}
    }

    /// An integration with what lists show beside it.
    public struct Entry: Sendable {
        /// The integration.
        public let integration: IntegrationRecord
        /// Who may attach it.
        public let permissions: [IntegrationPermissionRecord]
        /// How many contents use it.
        public let contentCount: Int
    }

    /// All integrations, oldest first.
    public func all() async throws(Refusal) -> [Entry] {
        let (integrations, permissions, counts) = try await attempt { () throws(StoreError) in
            (
                try await account.store.integrations(), try await account.store.integrationPermissions(),
                try await account.store.contentCounts()
            )
        }
        let byIntegration = Dictionary(grouping: permissions, by: \.integrationGUID)
        return integrations.map {
            Entry(integration: $0, permissions: byIntegration[$0.guid] ?? [], contentCount: counts[$0.guid] ?? 0)
        }
    }

    /// One integration.
    public func entry(_ guid: GUID) async throws(Refusal) -> Entry {
        guard let entry = try await all().first(where: { $0.integration.guid == guid }) else {
            throw .notFound("integration")
        }
        return entry
    }

    /// Adds a data source.
    public func create(template key: String, _ fields: Fields, by admin: Administrator) async throws(Refusal) -> Entry {
        guard let template = Template.named(key) else {
            let known = Template.all.map(\.key).joined(separator: ", ")
            throw .invalid("template", "There is no such template: the templates are \(known).", code: .unknownTemplate)
        }
        guard let config = fields.config else {
            throw .invalid("config", "config is missing: give the template's keys in it.", code: .templateConfig)
        }
        let checked = try template.check(config, policy: outbound)
        let values = try await resolved(template, checked.values.withoutNulls)
        let guid = account.makeGUID()
        let now = clock.now
        let integration = IntegrationRecord(
            guid: guid, name: try Self.name(fields.name ?? ""), description: try Self.text(fields.description ?? ""),
            template: key, authType: template.complete(values)["auth_type"]?.stringValue ?? "Viewer", config: values,
            sealedSecret: try sealed(checked.secret, of: guid, config: template.complete(values), existing: nil),
            createdAt: now, updatedAt: now
        )
        let permissions = try await permissions(fields.permissions ?? [], of: guid)
        let event = admin.caller.event(
            .integrationCreated, at: now, integration: guid,
            details: ["name": .string(integration.name), "template": .string(key)]
        )
        let stored = try await attempt { () throws(StoreError) in
            try await account.store.addIntegration(integration, permissions: permissions, noting: event)
        }
        return try await entry(stored.guid)
    }

    /// Changes an integration.
    ///
    /// Whoever changes where secrets and tokens go (host, endpoints, client) must know the secret: it has to come along, and
    /// the sessions end. Otherwise an admin could point the integration elsewhere and harvest what is stored.
    public func update(_ guid: GUID, _ fields: Fields, by admin: Administrator) async throws(Refusal) -> Entry {
        let old = try await entry(guid).integration
        guard let template = Template.named(old.template) else {
            throw Refusal(.unknownTemplate, "This server does not know the template \(old.template).")
        }
        var new = old
        if let name = fields.name { new.name = try Self.name(name) }
        if let description = fields.description { new.description = try Self.text(description) }
        var endsSessions = false
        if let config = fields.config {
            let checked = try template.check(config, policy: outbound)
            var merged = old.config.merging(checked.values).withoutNulls
            Self.forgetDerived(in: &merged, given: checked.values)
            new.config = try await resolved(template, merged)
            let (before, after) = (template.complete(old.config), template.complete(new.config))
            let moved = Self.identity.contains { before[$0] != after[$0] }
            let isConfidential = after["auth_mode"]?.stringValue != "Public"
            if moved, isConfidential, checked.secret == nil {
                throw .invalid(
                    "client_secret",
                    "Changing the host, the endpoints or the client needs the client_secret in the same request.",
                    code: .prohibitedChange
                )
            }
            endsSessions = moved
            new.authType = after["auth_type"]?.stringValue ?? old.authType
            new.sealedSecret = try sealed(
                checked.secret, of: guid, config: after, existing: moved ? nil : old.sealedSecret
            )
        }
        new.version = old.version + 1
        new.updatedAt = clock.now
        let changed = new
        let ends = endsSessions
        var permissions: [IntegrationPermissionRecord]?
        if let users = fields.permissions { permissions = try await self.permissions(users, of: guid) }
        let replaced = permissions
        let events = self.events(from: old, to: changed, permissions: replaced, endsSessions: ends, by: admin)
        try await attempt { () throws(StoreError) in
            try await account.store.updateIntegration(
                changed, permissions: replaced, endingSessions: ends, noting: events)
        }
        return try await entry(guid)
    }

    /// Deletes an integration; its sessions and associations end.
    public func delete(_ guid: GUID, by admin: Administrator) async throws(Refusal) {
        let old = try await entry(guid).integration
        let event = admin.caller.event(
            .integrationDeleted, at: clock.now, integration: guid,
            details: ["name": .string(old.name), "template": .string(old.template)]
        )
        try await attempt { () throws(StoreError) in try await account.store.removeIntegration(guid, noting: event) }
    }

    /// What decides where codes, secrets and tokens go.
    private static let identity = [
        "workspace_host", "account_url", "issuer", "authorization_uri", "token_uri", "client_id", "auth_mode",
        "token_endpoint_auth_method",
    ]

    /// What metadata said is asked for again; what was typed along with this change is kept, and compared.
    private static func forgetDerived(in config: inout JSONObject, given: JSONObject) {
        config[Template.promisesIssuer] = nil
        guard config["issuer"]?.stringValue?.isEmpty == false else { return }
        for key in ["authorization_uri", "token_uri"] where given[key] == nil { config[key] = nil }
    }

    private static func name(_ text: String) throws(Refusal) -> String {
        try TextRules.line(text, field: "name", maximum: 255, minimum: 1, code: .integrationName)
    }

    private static func text(_ text: String) throws(Refusal) -> String {
        try TextRules.paragraph(text, field: "description", code: .integrationDescription)
    }

    /// The config with what the issuer's metadata says, known to be usable as a whole.
    private func resolved(_ template: Template, _ values: JSONObject) async throws(Refusal) -> JSONObject {
        try template.requireAll(in: values)
        var values = values
        if template.setting("issuer") != nil, let issuer = values["issuer"]?.stringValue, !issuer.isEmpty {
            let metadata: ServerMetadata
            do throws(MetadataError) {
                metadata = try await ServerMetadata.fetch(issuer: issuer, policy: outbound, over: transport)
            } catch {
                throw .invalid("issuer", "issuer is not usable: \(error.description)", code: .templateConfig)
            }
            for (key, endpoint) in [
                ("authorization_uri", metadata.authorizationEndpoint), ("token_uri", metadata.tokenEndpoint),
            ] {
                guard let endpoint else { continue }
                guard values[key] == nil || values[key]?.stringValue == endpoint.text else {
                    throw .invalid(
                        key, "\(key) differs from what the issuer's metadata says: leave it out.", code: .templateConfig
                    )
                }
                values[key] = .string(endpoint.text)
            }
            values[Template.promisesIssuer] = .bool(metadata.authorizationResponseIssParameterSupported)
        }
        let provider = try Provider(template: template, values: values, policy: outbound)
        // Two custom integrations that share a callback could be played against each other (RFC 9700, section 4.4): a code
        // for one would reach an endpoint that somebody typed for the other. `iss` in the answer prevents it.
        guard provider.isVendors || provider.hasOwnCallback || provider.requiresIssuer else {
            throw .invalid(
                "callback", "callback shared needs an issuer whose metadata promises iss (RFC 9207): choose own.",
                code: .templateConfig
            )
        }
        return values
    }

    private func sealed(
        _ secret: SecretString?, of guid: GUID, config: JSONObject, existing: [UInt8]?
    ) throws(Refusal) -> [UInt8]? {
        if config["auth_mode"]?.stringValue == "Public" {
            guard secret == nil else {
                throw .invalid("client_secret", "A public client has no secret: leave it out.", code: .clientSecret)
            }
            return nil
        }
        guard let secret else {
            guard let existing else {
                throw .invalid(
                    "client_secret", "client_secret is missing: copy it from the provider.", code: .clientSecret)
            }
            return existing
        }
        do { return try account.vault.seal(secret, at: .clientSecret(guid)) } catch {
            throw Refusal(.internalFailure, "The secret could not be sealed: tell the operator of this server.")
        }
    }

    private func permissions(_ users: [GUID], of guid: GUID) async throws(Refusal) -> [IntegrationPermissionRecord] {
        guard Set(users).count == users.count else {
            throw .invalid("permissions", "permissions names somebody twice.", code: .duplicates)
        }
        let known = try await attempt { () throws(StoreError) in Set(try await account.store.users().map(\.guid)) }
        guard known.isSuperset(of: users) else {
            throw .invalid("permissions", "permissions must name users of this account.")
        }
        return users.map { IntegrationPermissionRecord(guid: account.makeGUID(), integrationGUID: guid, userGUID: $0) }
    }
}

extension Vault.Place {
    static func clientSecret(_ integration: GUID) -> Vault.Place {
        Vault.Place(table: "integration", column: "sealed_secret", row: integration.description)
    }
}

extension JSONObject {
    var withoutNulls: JSONObject { JSONObject(filter { !$0.value.isNull }.map { ($0.key, $0.value) }) }
}
