/// What people read of people: lists with all that stands in a line, and who is meant by a name.
public protocol RosterStore: Sendable {
    /// The people that a filter lets through, by email.
    func roster(_ filter: RosterFilter, _ page: PageRequest) async throws(StoreError) -> RecordPage<RosterEntry>
    /// One person with all that belongs to them; nil where there is none.
    func profile(_ guid: GUID, at now: Timestamp) async throws(StoreError) -> ProfileRecord?
    /// Groups by name, those in whose name each of the words is.
    func groupRoster(words: String, _ page: PageRequest) async throws(StoreError) -> RecordPage<GroupEntry>
    /// What was given to a group.
    func grants(of group: GUID) async throws(StoreError) -> GroupGrants
    /// Users and groups that match the words and are not in a group yet; at most `limit` of each.
    func candidates(for group: GUID, words: String, limit: Int) async throws(StoreError) -> MemberCandidates
    /// What these are called; those that are gone are not in it.
    func names(of guids: Set<GUID>) async throws(StoreError) -> [GUID: NameRecord]
    /// What is called so, whatever its case: users by email or username, content by name or title. At most `limit`.
    func guids(of kind: NameRecord.Kind, called name: String, limit: Int) async throws(StoreError) -> [GUID]
}
