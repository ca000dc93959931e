/// Groups and who is in them.
public protocol GroupStore: Sendable {
    /// Adds a group and returns it with its id.
    func addGroup(_ group: GroupRecord, noting event: EventRecord?) async throws(StoreError) -> GroupRecord
    /// Groups by name; those whose name begins with the prefix (without regard to case) or whose unique id it is.
    ///
    /// - Parameter user: only groups that this user is in, directly or through others; nil: all.
    func groups(prefix: String, with user: GUID?, _ page: PageRequest)
        async throws(StoreError) -> RecordPage<GroupRecord>
    /// One group.
    func group(_ guid: GUID) async throws(StoreError) -> GroupRecord?
    /// One group by name, without regard to case.
    func group(name: String) async throws(StoreError) -> GroupRecord?
    /// Replaces name, unique id and owner; `stale` where they are not those of `old` any more.
    func updateGroup(
        _ group: GroupRecord, from old: GroupRecord, noting event: EventRecord?) async throws(StoreError)
    /// Removes a group with its memberships and permissions, unless that would give somebody more than before.
    func removeGroup(_ guid: GUID, noting event: EventRecord?) async throws(StoreError) -> GroupRemoval
    /// The users who are in a group directly, in the order in which they were added.
    ///
    /// - Parameter user: this user alone, where they are among them; nil: all.
    func members(of group: GUID, only user: GUID?, _ page: PageRequest)
        async throws(StoreError) -> RecordPage<UserRecord>
    /// The groups that are in a group directly, in the order in which they were added.
    func memberGroups(of group: GUID) async throws(StoreError) -> [GroupRecord]
    /// The GUIDs of all users who are in a group directly.
    func memberGUIDs(of group: GUID) async throws(StoreError) -> Set<GUID>
    /// Adds a user or a group to a group; changes nothing where it is in already.
    func addMember(_ member: Principal, to group: GUID, noting event: EventRecord?)
        async throws(StoreError) -> MemberAddition
    /// Takes a user or a group out of a group; false where it was not in.
    func removeMember(_ member: GUID, from group: GUID, noting event: EventRecord?) async throws(StoreError) -> Bool
    /// The groups a user is in, directly or through others.
    func groups(ofUser user: GUID) async throws(StoreError) -> Set<GUID>
    /// Which of these users and groups are not there.
    func unknown(among principals: [Principal]) async throws(StoreError) -> [Principal]
}
