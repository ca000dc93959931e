import JSON
public import Storage

/// The groups of one account: publishers make them, their owner and administrators change them.
public struct Groups: Sendable {
    let account: OpenAccount
    let clock: WallClock

    /// The groups of an account.
    public init(account: OpenAccount, clock: WallClock) {
        self.account = account
        self.clock = clock
    }

    /// What may be given when a group is created or changed; nil leaves what is there.
    public struct Fields: Sendable {
        /// Unique in the account, compared without regard to case.
        public var name: String?
        /// What another directory calls it.
        public var uniqueID: String?
        /// The publisher who may change it.
        public var ownerGUID: GUID?

        /// Nothing is given.
        public init() {}
    }

    /// Creates a group that belongs to the publisher; one that the operator creates is the administrators'.
    public func create(_ fields: Fields, by publisher: Publisher) async throws(Refusal) -> GroupRecord {
        let caller = publisher.caller
        guard fields.name != nil else { throw .invalid("name", "name is missing: give the group one.") }
        let now = clock.now
        let isOperators = caller.origin.door == .command
        var group = GroupRecord(
            guid: account.makeGUID(), name: "", ownerGUID: isOperators ? nil : caller.user.guid, createdAt: now,
            updatedAt: now
        )
        try await apply(fields, to: &group)
        let new = group
        let event = publisher.event(.groupCreated, at: now, subject: new.guid, details: ["name": .string(new.name)])
            .on(fields.ownerGUID.map { [.mayOwn($0)] } ?? [])
        return try await store { () throws(StoreError) in try await account.store.addGroup(new, noting: event) }
    }

    /// Groups by name, those whose name begins with the prefix; or the one whose unique id it is. Viewers see those that
    /// they are in, directly or through others.
    public func page(
        prefix: String, _ request: PageRequest, for caller: Caller
    ) async throws(Refusal) -> RecordPage<GroupRecord> {
        let user = caller.role < .publisher ? caller.user.guid : nil
        return try await attempt { () throws(StoreError) in
            try await account.store.groups(prefix: prefix, with: user, request)
        }
    }

    /// One group. To viewers one that they are not in is as good as none.
    public func group(_ guid: GUID, for caller: Caller) async throws(Refusal) -> GroupRecord {
        let group = try await attempt { () throws(StoreError) in try await account.store.group(guid) }
        guard let group else { throw .notFound("group") }
        if caller.role < .publisher {
            let mine = try await attempt { () throws(StoreError) in
                try await account.store.groups(ofUser: caller.user.guid)
            }
            guard mine.contains(guid) else { throw .notFound("group") }
        }
        return group
    }

    /// Changes name, unique id or owner.
    public func update(_ guid: GUID, _ fields: Fields, by publisher: Publisher) async throws(Refusal) -> GroupRecord {
        let old = try await changeable(guid, by: publisher)
        var group = old
        try await apply(fields, to: &group)
        guard group != old else { return old }
        group.updatedAt = clock.now
        let changed = group
        let newOwner = changed.ownerGUID == old.ownerGUID ? nil : changed.ownerGUID
        let event = publisher.change(
            .groupUpdated, ofGroup: guid, at: changed.updatedAt,
            details: [
                "name": .string(changed.name), "owner_guid": changed.ownerGUID.map { .string($0.description) } ?? .null,
            ]
        ).on(newOwner.map { [.mayOwn($0)] } ?? [])
        try await store { () throws(StoreError) in
            try await account.store.updateGroup(changed, from: old, noting: event)
        }
        return changed
    }

    /// Removes a group; what was given to it is taken from those who were in it.
    public func delete(_ guid: GUID, by publisher: Publisher) async throws(Refusal) {
        let group = try await changeable(guid, by: publisher)
        let event = publisher.change(
            .groupDeleted, ofGroup: guid, at: clock.now, details: ["name": .string(group.name)])
        let outcome = try await attempt { () throws(StoreError) in
            try await account.store.removeGroup(guid, noting: event)
        }
        if case .lastOfIntegration(let integration) = outcome {
            throw Refusal(
                .prohibitedChange,
                "Without this group every publisher could attach integration \(integration): change its permissions first.",
                payload: ["integration_guid": .string(integration.description)]
            )
        }
    }

    /// A group that the publisher may change.
    func changeable(_ guid: GUID, by publisher: Publisher) async throws(Refusal) -> GroupRecord {
        let caller = publisher.caller
        let group = try await group(guid, for: caller)
        guard group.isEditable(by: caller.user.guid, as: caller.role) else {
            throw Refusal(.permissionDenied, "Only its owner or an administrator may change this group.")
        }
        return group
    }

    private func apply(_ fields: Fields, to group: inout GroupRecord) async throws(Refusal) {
        if let name = fields.name { group.name = try TextRules.line(name, field: "name", minimum: 1) }
        if let text = fields.uniqueID { group.uniqueID = try TextRules.line(text, field: "unique_id", minimum: 1) }
        if let owner = fields.ownerGUID, owner != group.ownerGUID {
            let user = try await attempt { () throws(StoreError) in try await account.store.user(owner) }
            guard user?.mayOwn == true else { throw .noNewOwner }
            group.ownerGUID = owner
        }
    }

    private func store<Value>(_ verb: () async throws(StoreError) -> Value) async throws(Refusal) -> Value {
        do throws(StoreError) {
            return try await verb()
        } catch {
            throw error.code == .conflict("folded_name")
                ? .invalid("name", "There is a group of that name already, whatever its case: choose another.")
                : Refusal(error)
        }
    }
}
