public import Accounts
import JSON
public import Storage

/// Which content uses which integration, from both sides.
public struct Associations: Sendable {
    let account: OpenAccount
    let clock: WallClock
    let contents: Contents

    /// So many integrations a content can use.
    public static let maximum = 50

    /// An association, with what lists show beside it.
    public struct Entry: Sendable {
        /// The association.
        public let association: AssociationRecord
        /// Whether the content's owner may attach the integration today; what is attached stays all the same.
        public let isPermitted: Bool
    }

    /// What a content uses. The content itself asks for it, with its own key: SDKs look here for an `audience`.
    public func of(content guid: GUID, for caller: Caller) async throws(Refusal) -> [Entry] {
        let content = try await contents.editable(guid, by: caller)
        let found = try await attempt { () throws(StoreError) in
            try await account.store.associations(ofContent: guid)
        }
        return try await entries(found) { () throws(StoreError) in [content] }
    }

    /// What uses an integration.
    public func of(integration guid: GUID, for reader: some ReadsAsAdministrator) async throws(Refusal) -> [Entry] {
        let found = try await attempt { () throws(StoreError) in try await account.store.integration(guid) }
        guard found != nil else { throw .notFound("integration") }
        let associations = try await attempt { () throws(StoreError) in
            try await account.store.associations(ofIntegration: guid)
        }
        return try await entries(associations) { () throws(StoreError) in try await account.store.contents() }
    }

    private func entries(
        _ associations: [AssociationRecord], _ contents: () async throws(StoreError) -> [ContentRecord]
    ) async throws(Refusal) -> [Entry] {
        guard !associations.isEmpty else { return [] }
        let (permissions, contents) = try await attempt { () throws(StoreError) in
            (try await account.store.integrationPermissions(), try await contents())
        }
        let owners = Dictionary(contents.map { ($0.guid, $0.ownerGUID) }) { first, _ in first }
        // Owners alone: an account may have many more people than that.
        var people: [GUID: UserRecord] = [:]
        var groups: [GUID: Set<GUID>] = [:]
        for owner in Set(associations.compactMap { owners[$0.contentGUID] }) {
            (people[owner], groups[owner]) = try await attempt { () throws(StoreError) in
                (try await account.store.user(owner), try await account.store.groups(ofUser: owner))
            }
        }
        return associations.map { association in
            let owner = owners[association.contentGUID].flatMap { people[$0] }
            return Entry(
                association: association,
                isPermitted: owner.map {
                    permissions.permit(
                        association.integration.guid, to: $0.guid, role: $0.role, groups: groups[$0.guid] ?? [])
                } ?? false
            )
        }
    }

    /// Makes these the integrations that a content uses; none ends all.
    public func replace(of content: GUID, with integrations: [GUID], by publisher: Publisher) async throws(Refusal) {
        try await replace(of: content, with: integrations, knowing: nil, by: publisher)
    }

    /// - Parameter before: what the content was seen to use; the change is refused where it uses others by now.
    func replace(
        of content: GUID, with integrations: [GUID], knowing before: Set<GUID>?, by publisher: Publisher
    ) async throws(Refusal) {
        _ = try await contents.changeable(content, by: publisher)
        guard Set(integrations).count == integrations.count else {
            throw Refusal(.duplicates, "The list names an integration twice: name each once.")
        }
        guard integrations.count <= Self.maximum else {
            throw .invalid(
                "oauth_integration_guid", "A content can use \(Self.maximum) integrations at most.", code: .association)
        }
        let caller = publisher.caller
        let (known, permissions, current, groups) = try await attempt { () throws(StoreError) in
            (
                try await account.store.integrations(), try await account.store.integrationPermissions(),
                Set(try await account.store.associations(ofContent: content).map(\.integration.guid)),
                try await account.store.groups(ofUser: caller.user.guid)
            )
        }
        for guid in integrations {
            guard let integration = known.first(where: { $0.guid == guid }) else {
                throw .invalid(
                    "oauth_integration_guid", "There is no integration \(guid) in this account.", code: .integrationGUID
                )
            }
            guard
                current.contains(guid)
                    || permissions.permit(guid, to: caller.user.guid, role: caller.role, groups: groups)
            else {
                throw Refusal(
                    .permissionDenied, "You may not attach \(integration.name): ask an administrator of the account.")
            }
        }
        let event = publisher.change(
            .associationsChanged, of: content, at: clock.now,
            details: ["integrations": .array(integrations.map { .string($0.description) })]
        ).on(
            // The operator of the server is above the accounts.
            caller.origin.door == .command
                ? [] : [.mayAttach(integrations, to: content, user: caller.user.guid, role: caller.role)])
        do throws(StoreError) {
            try await account.store.replaceAssociations(
                of: content, with: integrations, knowing: before, at: clock.now, noting: event)
        } catch {
            throw error.code == .conflict("app_mode")
                ? Refusal(
                    .association,
                    "Static content has no viewer to act for, so it cannot use integrations: deploy something that runs first."
                ) : Refusal(error)
        }
    }
}
