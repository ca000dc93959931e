import JSON
public import Storage

extension Groups {
    /// The users who are in a group directly, in the order in which they were added. Viewers see themselves alone.
    public func members(
        of guid: GUID, _ request: PageRequest, for caller: Caller
    ) async throws(Refusal) -> RecordPage<UserRecord> {
        _ = try await group(guid, for: caller)
        let user = caller.role < .publisher ? caller.user.guid : nil
        return try await attempt { () throws(StoreError) in
            try await account.store.members(of: guid, only: user, request)
        }
    }

    /// The groups that are in a group directly, in the order in which they were added. Viewers see those that they are in.
    public func memberGroups(of guid: GUID, for caller: Caller) async throws(Refusal) -> [GroupRecord] {
        _ = try await group(guid, for: caller)
        let groups = try await attempt { () throws(StoreError) in try await account.store.memberGroups(of: guid) }
        guard caller.role < .publisher else { return groups }
        let mine = try await attempt { () throws(StoreError) in
            try await account.store.groups(ofUser: caller.user.guid)
        }
        return groups.filter { mine.contains($0.guid) }
    }

    /// Adds a user or a group to a group; nothing happens where it is in already.
    public func add(_ member: Principal, to guid: GUID, by publisher: Publisher) async throws(Refusal) {
        let group = try await changeable(guid, by: publisher)
        let event = publisher.change(
            .memberAdded, ofGroup: guid, at: clock.now, details: Self.details(member.guid, of: group))
        let outcome = try await attempt { () throws(StoreError) in
            try await account.store.addMember(member, to: guid, noting: event)
        }
        let field = "\(member.kind)_guid"
        switch outcome {
        case .done: return
        case .unknown: throw .invalid(field, "\(field) must name a \(member.kind) of this account.")
        case .cycle:
            throw .invalid(field, "A group cannot be in itself, neither directly nor through other groups.")
        case .tooDeep:
            throw .invalid(field, "Groups within groups can be \(GroupRecord.maximumDepth) deep: add to an outer one.")
        }
    }

    /// Takes a user or a group out of a group. Everybody may leave a group; the rest is for who may change it.
    public func remove(_ member: GUID, from guid: GUID, by caller: Caller) async throws(Refusal) {
        let person = try Person(caller)
        let event: EventRecord
        if member == caller.user.guid {
            let found = try await attempt { () throws(StoreError) in try await account.store.group(guid) }
            guard let group = found else { throw .notFound("group") }
            event = person.event(
                .memberRemoved, at: clock.now, subject: guid, details: Self.details(member, of: group))
        } else {
            let publisher = try Publisher(caller)
            let group = try await changeable(guid, by: publisher)
            event = publisher.change(
                .memberRemoved, ofGroup: guid, at: clock.now, details: Self.details(member, of: group))
        }
        let removed = try await attempt { () throws(StoreError) in
            try await account.store.removeMember(member, from: guid, noting: event)
        }
        guard removed else { throw .notFound("member of the group") }
    }

    /// Makes these the users who are in a group directly; the groups in it stay.
    ///
    /// - Returns: how many were added and taken out.
    public func setMembers(_ users: Set<GUID>, of guid: GUID, by admin: Administrator) async throws(Refusal) -> Int {
        let publisher = try Publisher(admin.caller)
        let present = try await attempt { () throws(StoreError) in try await account.store.memberGUIDs(of: guid) }
        for user in users.subtracting(present) { try await add(.user(user), to: guid, by: publisher) }
        for user in present.subtracting(users) { try await remove(user, from: guid, by: admin.caller) }
        return users.symmetricDifference(present).count
    }

    private static func details(_ member: GUID, of group: GroupRecord) -> JSONObject {
        ["name": .string(group.name), "member_guid": .string(member.description)]
    }
}
