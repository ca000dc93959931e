import JSON
public import Storage

extension Contents {
    /// Whether somebody may change a content: its owner, a listed co-owner, an administrator, or the content's own key.
    public static func mayEdit(_ content: ContentRecord, _ caller: Caller, permissions: [ContentPermissionRecord])
        -> Bool
    {
        guard caller.contentGUID == nil || caller.contentGUID == content.guid else { return false }
        guard caller.role >= .publisher else { return false }
        return caller.role == .administrator || content.ownerGUID == caller.user.guid
            || permissions.contains { $0.userGUID == caller.user.guid && $0.level == .owner }
    }

    /// Whether somebody may see a content in lists and by the API.
    public static func mayView(_ content: ContentRecord, _ caller: Caller, permissions: [ContentPermissionRecord])
        -> Bool
    {
        guard caller.contentGUID == nil || caller.contentGUID == content.guid else { return false }
        return caller.role == .administrator || mayOpen(content, caller.user, permissions: permissions)
    }

    /// Whether a viewer may open a content. Being an administrator alone is no reason: data is for those it is shared with.
    public static func mayOpen(_ content: ContentRecord, _ user: UserRecord, permissions: [ContentPermissionRecord])
        -> Bool
    {
        guard !user.isLocked else { return false }
        return switch content.accessType {
        case .all, .loggedIn: true
        case .acl: content.ownerGUID == user.guid || permissions.contains { $0.userGUID == user.guid }
        }
    }

    /// Who is listed on a content.
    public func permissions(of guid: GUID, for publisher: Publisher) async throws(Refusal) -> [ContentPermissionRecord]
    {
        _ = try await editable(guid, by: publisher.caller)
        return try await attempt { () throws(StoreError) in try await account.store.permissions(of: guid) }
    }

    /// Lists a user on a content.
    public func permit(
        _ user: GUID, _ level: ContentPermissionRecord.Level, on guid: GUID, by publisher: Publisher
    ) async throws(Refusal) -> ContentPermissionRecord {
        _ = try await editable(guid, by: publisher.caller)
        let found = try await attempt { () throws(StoreError) in try await account.store.user(user) }
        guard let found else { throw .invalid("principal_guid", "principal_guid must name a user of this account.") }
        guard level == .viewer || found.role >= .publisher else {
            throw .invalid("role", "Only a publisher can be an owner of content.")
        }
        let permission = ContentPermissionRecord(contentGUID: guid, userGUID: user, level: level)
        let event = publisher.caller.event(
            .permissionSet, at: clock.now, subject: user, content: guid, details: ["role": .string(level.rawValue)])
        return try await attempt { () throws(StoreError) in
            try await account.store.setPermission(permission, noting: event)
        }
    }

    /// Takes a user off a content.
    public func forbid(_ id: Int64, on guid: GUID, by publisher: Publisher) async throws(Refusal) {
        _ = try await editable(guid, by: publisher.caller)
        let event = publisher.caller.event(
            .permissionRemoved, at: clock.now, content: guid, details: ["id": .integer(id)])
        let removed = try await attempt { () throws(StoreError) in
            try await account.store.removePermission(id, of: guid, noting: event)
        }
        guard removed else { throw .notFound("permission") }
    }
}

extension Contents {
    /// Which of these the caller may change.
    public func editableGUIDs(among contents: [ContentRecord], by caller: Caller) async throws(Refusal) -> Set<GUID> {
        let listed = try await attempt { () throws(StoreError) in
            try await account.store.permissions(ofUser: caller.user.guid)
        }
        let byContent = Dictionary(grouping: listed, by: \.contentGUID)
        return Set(contents.filter { Self.mayEdit($0, caller, permissions: byContent[$0.guid] ?? []) }.map(\.guid))
    }
}
