public import Storage

extension Groups {
    /// So many of each kind are offered as members at once.
    private static let candidatesAtOnce = 20

    /// Groups by name, those in whose name all the words are, with how many are in them.
    public func roster(
        words: String, _ request: PageRequest, for admin: Administrator
    ) async throws(Refusal) -> RecordPage<GroupEntry> {
        let words = try People.search(words)
        return try await attempt { () throws(StoreError) in
            try await account.store.groupRoster(words: words, request)
        }
    }

    /// What was given to a group, and ends with it.
    public func grants(of guid: GUID, for admin: Administrator) async throws(Refusal) -> GroupGrants {
        try await attempt { () throws(StoreError) in try await account.store.grants(of: guid) }
    }

    /// Who matches the words and could be put into a group.
    public func candidates(
        for guid: GUID, words: String, for admin: Administrator
    ) async throws(Refusal) -> MemberCandidates {
        let words = try TextRules.line(words, field: "find")
        return try await attempt { () throws(StoreError) in
            try await account.store.candidates(for: guid, words: words, limit: Self.candidatesAtOnce)
        }
    }
}
