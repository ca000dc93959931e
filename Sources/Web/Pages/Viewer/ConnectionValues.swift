import Integrations
import Storage

/// What the viewers' pages show of somebody's login to an integration. Every name is set, so that none is looked for around it.
enum ConnectionValues {
    /// - Parameter path: where a login leads back to.
    static func values(_ connection: Connection, returningTo path: String) -> [String: PageValue] {
        let integration = connection.integration
        let own = "/__oauth__/integrations/\(integration.guid)"
        return [
            "name": .text(integration.name), "guid": .text(integration.guid.description),
            "description": .text(integration.description), "provider": .text(connection.providerName),
            "is_working": .flag(connection.state == .working), "is_absent": .flag(connection.state == .absent),
            "why": .text(connection.state.sentence ?? ""), "has_session": .flag(connection.state != .absent),
            "since": .time(connection.since), "ends": .time(connection.expiresAt),
            "renews": .flag(connection.renewsItself), "ends_unknown": .flag(connection.expiresAt == nil),
            "login": .text("\(own)/login?redirect=\(ReturnPath.parameter(path))"), "logout": .text("\(own)/logout"),
        ]
    }

    /// The same, with what content can do then.
    static func valuesWithPermissions(_ connection: Connection, returningTo path: String) -> [String: PageValue] {
        let permissions = connection.permissions
        return values(connection, returningTo: path).merging([
            "permissions": .list(permissions.map { ["words": .text($0.words ?? ""), "scope": .text($0.scope)] }),
            "has_permissions": .flag(!permissions.isEmpty),
        ]) { _, new in new }
    }
}
