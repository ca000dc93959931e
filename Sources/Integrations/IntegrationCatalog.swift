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
        /// Who may attach it: users and groups; an empty list: every publisher.
        public var permissions: [Principal]?
        /// Of an update: the version that it is meant for; nil: whatever it is by now.
        public var version: Int64?

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
        let found = try await attempt { () throws(StoreError) in try await account.store.integrationFacts(guid) }
        guard let found else { throw .notFound("integration") }
        return Entry(
            integration: found.integration, permissions: found.permissions, contentCount: found.contentCount)
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
        let guid = account.makeGUID()
        let settled = try template.settled(checked.values.withoutNulls, given: checked, before: [:])
        try template.requireAll(in: settled)
        let sealed = try sealed(checked, of: guid, template, config: template.complete(settled), existing: nil)
        let values = try await resolved(template, settled)
        let now = clock.now
        let integration = IntegrationRecord(
            guid: guid, name: try Self.name(fields.name ?? ""), description: try Self.text(fields.description ?? ""),
            template: key, authType: template.complete(values)["auth_type"]?.stringValue ?? AuthType.viewer.rawValue,
            config: values, sealedSecret: sealed, createdAt: now, updatedAt: now
        )
        let permissions = try await permissions(fields.permissions ?? [], of: guid)
        let event = admin.event(
            .integrationCreated, at: now, integration: guid,
            details: [
                "name": .string(integration.name), "template": .string(key),
                "auth_type": .string(integration.authType), "permissions": Self.answer(permissions),
            ]
        )
        let stored = try await attempt { () throws(StoreError) in
            try await account.store.addIntegration(integration, permissions: permissions, noting: event)
        }
        return try await entry(stored.guid)
    }

    /// Changes an integration.
    ///
    /// Whoever changes where secrets and tokens go (host, endpoints, client), or whom they act for, must know the secret: it
    /// has to come along, and the sessions end. Otherwise an admin could point the integration elsewhere and harvest what is
    /// stored.
    public func update(_ guid: GUID, _ fields: Fields, by admin: Administrator) async throws(Refusal) -> Entry {
        let entry = try await entry(guid)
        let old = entry.integration
        guard let template = Template.named(old.template) else {
            throw Refusal(.unknownTemplate, "This server does not know the template \(old.template).")
        }
        guard fields.version == nil || fields.version == old.version else { throw .changedMeanwhile }
        var new = old
        if let name = fields.name { new.name = try Self.name(name) }
        if let description = fields.description { new.description = try Self.text(description) }
        var endsSessions = false
        if let config = fields.config {
            endsSessions = try await reconfigure(&new, template, config)
        }
        new.version = old.version + 1
        new.updatedAt = clock.now
        let changed = new
        let ends = endsSessions
        let permissions = try await newPermissions(fields.permissions, entry)
        let events = self.events(from: entry, to: changed, permissions: permissions, endsSessions: ends, by: admin)
        try await attempt { () throws(StoreError) in
            try await account.store.updateIntegration(
                changed, permissions: permissions, endingSessions: ends, revoking: old.canRevoke(under: outbound),
                noting: events)
        }
        return try await self.entry(guid)
    }

    /// Deletes an integration; its sessions and associations end, and tokens are revoked in the background where they can.
    public func delete(_ guid: GUID, by admin: Administrator) async throws(Refusal) {
        let old = try await entry(guid).integration
        let event = admin.event(
            .integrationDeleted, at: clock.now, integration: guid,
            details: ["name": .string(old.name), "template": .string(old.template)]
        )
        try await attempt { () throws(StoreError) in
            try await account.store.removeIntegration(guid, revoking: old.canRevoke(under: outbound), noting: event)
        }
    }

    private static func name(_ text: String) throws(Refusal) -> String {
        try TextRules.line(text, field: "name", minimum: 1, code: .integrationName)
    }

    private static func text(_ text: String) throws(Refusal) -> String {
        try TextRules.paragraph(text, field: "description", code: .integrationDescription)
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
