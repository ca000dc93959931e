import Accounts
import Integrations
import JSON
import Storage

/// The domain's records in the API's words (Connect's API reference).
enum Answers {
    static func time(_ time: Timestamp?) -> JSON { time.map { .string($0.description) } ?? .null }
    static func guid(_ guid: GUID?) -> JSON { guid.map { .string($0.description) } ?? .null }

    static func user(_ user: UserRecord) -> JSON {
        [
            "guid": guid(user.guid), "email": .string(user.email), "username": .string(user.username),
            "first_name": .string(user.firstName), "last_name": .string(user.lastName),
            "user_role": .string(user.role.rawValue), "created_time": time(user.createdAt),
            "updated_time": time(user.updatedAt), "active_time": time(user.activeAt),
            "confirmed": .bool(user.isConfirmed), "locked": .bool(user.isLocked),
        ]
    }

    /// A key without its text, but its last characters.
    static func key(_ key: APIKeyRecord) -> JSONObject {
        [
            "id": .string(String(key.id)), "name": .string(key.name), "key": .string("…" + key.hint),
            "user_role": .string(key.role.rawValue), "created_time": time(key.createdAt),
            "active_time": time(key.activeAt),
            "expires_at": time(key.expiresAt),
        ]
    }

    static func association(_ entry: Associations.Entry) -> JSON {
        let association = entry.association
        return [
            "app_guid": guid(association.contentGUID), "content_guid": guid(association.contentGUID),
            "oauth_integration_guid": guid(association.integration.guid),
            "oauth_integration_name": .string(association.integration.name),
            "oauth_integration_description": .string(association.integration.description),
            "oauth_integration_template": .string(association.integration.template),
            "oauth_integration_auth_type": .string(association.integration.authType),
            "created_time": time(association.createdAt), "permitted": .bool(entry.isPermitted),
        ]
    }

    static func session(_ session: OAuthSessionRecord) -> JSON {
        [
            "id": .string(String(session.id)), "guid": guid(session.guid), "user_guid": guid(session.userGUID),
            "oauth_integration_guid": guid(session.integrationGUID),
            "has_refresh_token": .bool(session.tokens.refresh != nil), "created_time": time(session.createdAt),
            "updated_time": time(session.updatedAt),
        ]
    }

    static func permission(_ permission: ContentPermissionRecord) -> JSON {
        [
            "id": .string(String(permission.id)), "content_guid": guid(permission.contentGUID),
            "principal_guid": guid(permission.principal.guid), "principal_type": .string(permission.principal.kind),
            "role": .string(permission.level.rawValue),
        ]
    }

    static func group(_ group: GroupRecord) -> JSON {
        ["guid": guid(group.guid), "name": .string(group.name), "owner_guid": guid(group.ownerGUID)]
    }

    static func integration(_ entry: IntegrationCatalog.Entry, catalog: IntegrationCatalog, isAdmin: Bool) -> JSON {
        let integration = entry.integration
        let guidance = catalog.guidance(integration)
        let config = Template.named(integration.template)?.shown(integration.config) ?? integration.config
        var object: JSONObject = [
            "id": .string(String(integration.id)), "guid": guid(integration.guid),
            "created_time": time(integration.createdAt),
            "updated_time": time(integration.updatedAt), "name": .string(integration.name),
            "description": .string(integration.description), "template": .string(integration.template),
            "auth_type": .string(integration.authType), "config": .object(config),
            "permissions": .array(
                entry.permissions.map(integrationPermission)
            ),
            "environment_variables": .array(
                guidance.environment.map { ["name": .string($0.name), "value": .string($0.value)] }
            ),
            "redirect_uri": guidance.redirectURI.map(JSON.string) ?? .null,
            "warnings": .array(guidance.warnings.map(JSON.string)),
        ]
        if isAdmin { object["content_count"] = .integer(Int64(entry.contentCount)) }
        return .object(object)
    }
    private static func integrationPermission(_ permission: IntegrationPermissionRecord) -> JSON {
        var (user, group): (GUID?, GUID?)
        switch permission.principal {
        case .user(let guid): user = guid
        case .group(let guid): group = guid
        }
        return [
            "id": .string(String(permission.id)), "guid": guid(permission.guid),
            "integration_guid": guid(permission.integrationGUID), "user_guid": guid(user), "group_guid": guid(group),
        ]
    }
}
