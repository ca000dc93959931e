public import Accounts
public import Storage

extension Associations {
    /// So many of those who must log in again are named.
    public static let namedViewers = 20

    /// An integration that a content uses, and how its viewers' logins fare.
    public struct Live: Sendable {
        /// The association.
        public let entry: Entry
        /// How the logins fare; nil where nobody logs in to it.
        public let logins: LoginCounts?
    }

    /// What a content uses, and how its viewers' logins fare.
    public func live(of content: GUID, for publisher: Publisher) async throws(Refusal) -> [Live] {
        let entries = try await of(content: content, for: publisher.caller)
        let states = try await attempt { () throws(StoreError) in
            try await account.store.logins(ofContent: content, at: clock.now, naming: Self.namedViewers)
        }
        return entries.map { entry in
            let integration = entry.association.integration
            return Live(entry: entry, logins: integration.hasLogin ? states[integration.guid] : nil)
        }
    }

    /// What the publisher may attach to a content that does not use it yet, by name.
    ///
    /// - Parameter search: what the name or the description has in it, without regard to case; empty: anything.
    public func attachable(
        to content: GUID, _ search: String, _ request: PageRequest, by publisher: Publisher
    ) async throws(Refusal) -> RecordPage<IntegrationRecord> {
        _ = try await contents.editable(content, by: publisher.caller)
        let search = try TextRules.line(search, field: "q")
        let caller = publisher.caller
        return try await attempt { () throws(StoreError) in
            try await account.store.attachableIntegrations(
                to: content, by: caller.user.guid, attachesAny: caller.role == .administrator, search: search, request)
        }
    }

    /// Lets a content use these integrations as well.
    public func attach(_ integrations: [GUID], to content: GUID, by publisher: Publisher) async throws(Refusal) {
        let current = try await used(by: content, for: publisher)
        let new = integrations.filter { !current.contains($0) }
        guard !new.isEmpty else { return }
        try await replace(of: content, with: current + new, knowing: Set(current), by: publisher)
    }

    /// Ends the use of an integration by a content; nothing happens where it is not used.
    public func detach(_ integration: GUID, from content: GUID, by publisher: Publisher) async throws(Refusal) {
        let current = try await used(by: content, for: publisher)
        guard current.contains(integration) else { return }
        try await replace(
            of: content, with: current.filter { $0 != integration }, knowing: Set(current), by: publisher)
    }

    private func used(by content: GUID, for publisher: Publisher) async throws(Refusal) -> [GUID] {
        _ = try await contents.changeable(content, by: publisher)
        return try await attempt { () throws(StoreError) in
            try await account.store.associations(ofContent: content).map(\.integration.guid)
        }
    }
}
