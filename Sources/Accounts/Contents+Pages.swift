public import Storage

extension Contents {
    /// A content as it is shown to one person.
    public struct Seen: Sendable {
        /// The content.
        public let content: ContentRecord
        /// Whom it belongs to.
        public let owner: UserRecord?
        /// Whether the person may open it.
        public let mayOpen: Bool
        /// Whether the person may change it.
        public let mayEdit: Bool
    }

    /// A part of the content that the caller may see, by title, and how many there are in all.
    ///
    /// - Parameter search: what the title or the name has in it, without regard to case; empty: anything.
    public func page(
        _ search: String, _ request: PageRequest, for caller: Caller
    ) async throws(Refusal) -> (contents: [Seen], total: Int) {
        _ = try Reader(caller)
        let search = try TextRules.line(search, field: "q")
        let listing = try await attempt { () throws(StoreError) in
            try await account.store.contentListing(
                for: caller.user.guid, seesAll: caller.role == .administrator, search: search, request)
        }
        let permissions = Dictionary(grouping: listing.permissions, by: \.contentGUID)
        let contents = listing.contents.map { content in
            let listed = permissions[content.guid] ?? []
            return Seen(
                content: content, owner: listing.owners[content.ownerGUID],
                mayOpen: Self.mayOpen(content, caller.user, permissions: listed, groups: listing.groups),
                mayEdit: Self.mayEdit(content, caller, permissions: listed, groups: listing.groups))
        }
        return (contents, listing.total)
    }

    /// One content, which the caller may see, with what they may do with it.
    public func seen(_ guid: GUID, by caller: Caller) async throws(Refusal) -> Seen {
        let content = try await content(guid, for: caller)
        let (facts, owner) = try await attempt { () throws(StoreError) in
            (
                try await account.store.contentFacts(guid, for: caller.user.guid),
                try await account.store.user(content.ownerGUID)
            )
        }
        return Seen(
            content: content, owner: owner,
            mayOpen: Self.mayOpen(content, caller.user, permissions: facts.permissions, groups: facts.groups),
            mayEdit: Self.mayEdit(content, caller, permissions: facts.permissions, groups: facts.groups))
    }

    /// Who is listed on a content, with what they are called, page by page.
    public func listed(
        on guid: GUID, _ request: PageRequest, for publisher: Publisher
    ) async throws(Refusal) -> RecordPage<ListedPrincipal> {
        _ = try await editable(guid, by: publisher.caller)
        return try await attempt { () throws(StoreError) in try await account.store.listed(on: guid, request) }
    }

    /// What would go with a content.
    public func remains(of guid: GUID, for publisher: Publisher) async throws(Refusal) -> ContentRemains {
        _ = try await editable(guid, by: publisher.caller)
        return try await attempt { () throws(StoreError) in try await account.store.remains(ofContent: guid) }
    }
}
