import Accounts
import JSON
import Storage

extension IntegrationCatalog {
    /// What the audit says of an update: which keys changed, never to what a secret did.
    func events(
        from entry: Entry, to new: IntegrationRecord, permissions: [IntegrationPermissionRecord]?,
        endsSessions: Bool, by admin: Administrator
    ) -> [EventRecord] {
        let old = entry.integration
        var events: [EventRecord] = []
        var changed = Set(old.config.keys).union(new.config.keys).filter { old.config[$0] != new.config[$0] }
        if old.name != new.name { changed.insert("name") }
        if old.description != new.description { changed.insert("description") }
        if old.sealedSecret != new.sealedSecret {
            let template = Template.named(new.template)
            changed.insert(
                template.flatMap { $0.effectiveSecret(in: $0.complete(new.config)) }?.name ?? "client_secret")
        }
        if !changed.isEmpty {
            events.append(
                admin.event(
                    .integrationUpdated, at: new.updatedAt, integration: new.guid,
                    details: [
                        "name": .string(new.name), "changed": .array(changed.sorted().map(JSON.string)),
                        "ends_sessions": .bool(endsSessions),
                    ]
                )
            )
        }
        if let permissions {
            // Opening to everybody what only some could attach is no change like any other.
            let action = permissions.isEmpty ? EventAction.integrationUnrestricted : .integrationPermissionsChanged
            events.append(
                admin.event(
                    action, at: new.updatedAt, integration: new.guid,
                    details: [
                        "before": Self.answer(entry.permissions), "after": Self.answer(permissions),
                    ]
                )
            )
        }
        return events
    }

    /// Who may attach it, as the audit keeps it.
    static func answer(_ permissions: [IntegrationPermissionRecord]) -> JSON {
        .array(permissions.map { ["\($0.principal.kind)_guid": .string($0.principal.guid.description)] })
    }
}
