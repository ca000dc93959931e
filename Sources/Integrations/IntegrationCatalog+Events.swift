import Accounts
import JSON
import Storage

extension IntegrationCatalog {
    /// What the audit says of an update: which keys changed, never to what a secret did.
    func events(
        from old: IntegrationRecord, to new: IntegrationRecord, permissions: [IntegrationPermissionRecord]?,
        endsSessions: Bool, by admin: Administrator
    ) -> [EventRecord] {
        var events: [EventRecord] = []
        var changed = Set(old.config.keys).union(new.config.keys).filter { old.config[$0] != new.config[$0] }
        if old.name != new.name { changed.insert("name") }
        if old.description != new.description { changed.insert("description") }
        if old.sealedSecret != new.sealedSecret { changed.insert("client_secret") }
        if !changed.isEmpty {
            events.append(
                admin.caller.event(
                    .integrationUpdated, at: new.updatedAt, integration: new.guid,
                    details: [
                        "name": .string(new.name), "changed": .array(changed.sorted().map(JSON.string)),
                        "ends_sessions": .bool(endsSessions),
                    ]
                )
            )
        }
        if let permissions {
            events.append(
                admin.caller.event(
                    .integrationPermissionsChanged, at: new.updatedAt, integration: new.guid,
                    details: ["users": .array(permissions.map { .string($0.userGUID.description) })]
                )
            )
        }
        return events
    }
}
