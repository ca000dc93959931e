public import Accounts
import JSON
public import Storage

/// Which content uses which integration, from both sides.
public struct Associations: Sendable {
    let account: OpenAccount
    let clock: WallClock
    let contents: Contents

    /// So many integrations a content can use.
    private static let maximum = 50

    /// What a content uses.
    public func of(content guid: GUID, for publisher: Publisher) async throws(Refusal) -> [AssociationRecord] {
        _ = try await contents.editable(guid, by: publisher.caller)
        return try await attempt { () throws(StoreError) in try await account.store.associations(ofContent: guid) }
    }

    /// What uses an integration.
    public func of(integration guid: GUID, for admin: Administrator) async throws(Refusal) -> [AssociationRecord] {
        let found = try await attempt { () throws(StoreError) in try await account.store.integration(guid) }
        guard found != nil else { throw .notFound("integration") }
        return try await attempt { () throws(StoreError) in try await account.store.associations(ofIntegration: guid) }
    }

    /// Makes these the integrations that a content uses; none ends all.
    public func replace(of content: GUID, with integrations: [GUID], by publisher: Publisher) async throws(Refusal) {
        let record = try await contents.editable(content, by: publisher.caller)
        guard Set(integrations).count == integrations.count else {
            throw Refusal(.duplicates, "The list names an integration twice: name each once.")
        }
        guard integrations.count <= Self.maximum else {
            throw .invalid(
                "oauth_integration_guid", "A content can use \(Self.maximum) integrations at most.", code: .association)
        }
        let (known, permissions, current) = try await attempt { () throws(StoreError) in
            (
                try await account.store.integrations(), try await account.store.integrationPermissions(),
                Set(try await account.store.associations(ofContent: content).map(\.integration.guid))
            )
        }
        for guid in integrations {
            guard let integration = known.first(where: { $0.guid == guid }) else {
                throw .invalid(
                    "oauth_integration_guid", "There is no integration \(guid) in this account.", code: .integrationGUID
                )
            }
            let allowed = permissions.filter { $0.integrationGUID == guid }.map(\.userGUID)
            let caller = publisher.caller
            guard
                current.contains(guid) || allowed.isEmpty || caller.role == .administrator
                    || allowed.contains(caller.user.guid)
            else {
                throw Refusal(
                    .permissionDenied, "You may not attach \(integration.name): ask an administrator of the account.")
            }
            guard !(integration.authType == "Viewer" && record.accessType == .all) else {
                throw Refusal(
                    .association,
                    "A Viewer integration needs viewers who sign in: set the content's access_type to acl or logged_in first."
                )
            }
        }
        let event = publisher.caller.event(
            .associationsChanged, at: clock.now, content: content,
            details: ["integrations": .array(integrations.map { .string($0.description) })]
        )
        try await attempt { () throws(StoreError) in
            try await account.store.replaceAssociations(of: content, with: integrations, at: clock.now, noting: event)
        }
    }
}
