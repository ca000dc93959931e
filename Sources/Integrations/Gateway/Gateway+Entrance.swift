public import Accounts
import HTTPClient
public import Storage

/// What a viewer finds before content that acts for them: whose it is, and what they must log in to.
public struct Entrance: Sendable {
    /// The content.
    public let content: ContentRecord
    /// Whose it is.
    public let owner: UserRecord?
    /// What viewers of it log in to, in the order in which it was attached.
    public let connections: [Connection]
    /// Whether nothing is missing.
    public var isOpen: Bool { connections.allSatisfy { $0.state == .working } }
}

extension Gateway {
    /// The way into a content for somebody who is signed in at the pages.
    ///
    /// - Throws: `Refusal` 4 where there is no such content, 22 where the viewer may not open it; that names the owner.
    public func entrance(to guid: GUID, for caller: Caller) async throws(Refusal) -> Entrance {
        let (facts, associations, sessions) = try await attempt { () throws(StoreError) in
            (
                try await account.store.contentFacts(guid, for: caller.user.guid),
                try await account.store.associations(ofContent: guid),
                try await account.store.oauthSessions(of: caller.user.guid)
            )
        }
        guard let content = facts.content else { throw .notFound("content") }
        let owner = try await attempt { () throws(StoreError) in try await account.store.user(content.ownerGUID) }
        guard Contents.mayOpen(content, caller.user, permissions: facts.permissions, groups: facts.groups) else {
            throw Refusal(
                .permissionDenied,
                "You may not open this content: ask its owner\(owner.map { ", \($0.email)" } ?? "").")
        }
        let byIntegration = Dictionary(sessions.map { ($0.integrationGUID, $0) }) { first, _ in first }
        let now = clock.now
        return Entrance(
            content: content, owner: owner,
            connections: associations.map(\.integration).filter(\.hasLogin).map {
                Connection($0, byIntegration[$0.guid], at: now, under: outbound)
            }
        )
    }
}
