public import Accounts
import HTTPClient
public import Storage

/// What people can log in to, and are logged in to, as their own page shows it.
public struct Connections: Sendable {
    let account: OpenAccount
    let clock: WallClock
    let outbound: OutboundPolicy

    /// So many of the content that uses an integration are named.
    private static let mostContents = 3

    /// An integration with what the page shows beside it.
    public struct Entry: Sendable {
        /// The person and the integration.
        public let connection: Connection
        /// The first of the content for which it is used; the person may open all of it.
        public let contents: [ContentRecord]
        /// How much more of that there is.
        public let furtherContents: Int
    }

    /// A page of the list: what the person is logged in to first, then what content needs that they may open.
    ///
    /// - Parameter text: what the name, the description or the kind of provider must hold; empty: anything.
    public func page(
        for caller: Caller, matching text: String, _ page: PageRequest
    ) async throws(Refusal) -> (entries: [Entry], total: Int) {
        _ = try Reader(caller)
        let text = text.lowercased()
        let filter = ConnectionFilter(
            text: text, templates: Template.all.filter { $0.name.lowercased().contains(text) }.map(\.key),
            templatesWithoutLogin: Template.all.filter { !$0.hasLogin }.map(\.key)
        )
        let (found, access) = try await attempt { () throws(StoreError) in
            (
                try await account.store.connections(
                    of: caller.user.guid, matching: filter, page, contents: Self.mostContents),
                try await account.store.access(ofUser: caller.user.guid)
            )
        }
        let listed = Dictionary(grouping: access.permissions, by: \.contentGUID)
        let now = clock.now
        let entries = found.elements.map { facts in
            let contents = facts.contents.filter {
                Contents.mayOpen($0, caller.user, permissions: listed[$0.guid] ?? [], groups: access.groups)
            }
            return Entry(
                connection: Connection(facts.integration, facts.session, at: now, under: outbound), contents: contents,
                furtherContents: max(0, facts.contentCount - facts.contents.count)
            )
        }
        return (entries, found.total)
    }

    /// One integration that the person can log in to.
    ///
    /// - Throws: `Refusal` 4 where there is no such integration, 230 where nobody logs in to it.
    public func one(_ guid: GUID, for caller: Caller) async throws(Refusal) -> Connection {
        _ = try Reader(caller)
        let (found, session) = try await attempt { () throws(StoreError) in
            (
                try await account.store.integration(guid),
                try await account.store.oauthSession(user: caller.user.guid, integration: guid)
            )
        }
        guard let integration = found else { throw .notFound("integration") }
        guard integration.hasLogin else {
            throw Refusal(
                .loginNotPossible,
                "Nobody logs in to \(integration.name): its auth_type is \(integration.authType), and content uses it as it is."
            )
        }
        return Connection(integration, session, at: clock.now, under: outbound)
    }
}
