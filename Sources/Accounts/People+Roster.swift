public import Cryptography
public import Storage

extension People {
    /// So long a search may be.
    public static let longestSearch = TextRules.lineLength

    /// The people that a filter lets through, by email, each with what stands in a line of a list.
    public func roster(
        _ filter: RosterFilter, _ request: PageRequest, for admin: Administrator
    ) async throws(Refusal) -> RecordPage<RosterEntry> {
        var checked = filter
        checked.words = try Self.search(filter.words)
        let wanted = checked
        return try await attempt { () throws(StoreError) in try await account.store.roster(wanted, request) }
    }

    /// One person, with all that an administrator decides by.
    public func profile(_ guid: GUID, for admin: Administrator) async throws(Refusal) -> ProfileRecord {
        let profile = try await attempt { () throws(StoreError) in
            try await account.store.profile(guid, at: clock.now)
        }
        guard let profile else { throw .notFound("user") }
        return profile
    }

    /// A new invite for somebody who lost theirs, or their password.
    ///
    /// - Throws: `Refusal` 25 where the person is locked: the link would lead nowhere.
    public func inviteAgain(_ guid: GUID, by admin: Administrator) async throws(Refusal) -> SecretString {
        let user = try await user(guid, for: admin.caller)
        guard !user.isLocked else {
            throw Refusal(.parameter, "This person is locked, so a link would not work: unlock them first.")
        }
        return try await inviteAgain(user, by: admin)
    }

    /// Words to look for, which are no longer than anything that is called so.
    static func search(_ text: String) throws(Refusal) -> String {
        try TextRules.line(text, field: "q", maximum: longestSearch)
    }
}
