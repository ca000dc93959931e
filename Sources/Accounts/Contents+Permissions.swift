import JSON
public import Storage

extension Contents {
    /// Whether somebody may change a content: its owner, a listed co-owner, an administrator, or the content's own key.
    ///
    /// - Parameter groups: the groups the caller's user is in, directly or through others.
    public static func mayEdit(
        _ content: ContentRecord, _ caller: Caller, permissions: [ContentPermissionRecord], groups: Set<GUID>
    ) -> Bool {
        guard caller.contentGUID == nil || caller.contentGUID == content.guid else { return false }
        return content.isEditable(by: caller.user.guid, as: caller.role, permissions: permissions, groups: groups)
    }

    /// Whether somebody may see a content in lists and by the API.
    ///
    /// - Parameter groups: the groups the caller's user is in, directly or through others.
    public static func mayView(
        _ content: ContentRecord, _ caller: Caller, permissions: [ContentPermissionRecord], groups: Set<GUID>
    ) -> Bool {
        guard caller.contentGUID == nil || caller.contentGUID == content.guid else { return false }
        return caller.role == .administrator
            || mayOpen(content, caller.user, permissions: permissions, groups: groups)
    }

    /// Whether a viewer may open a content. Being an administrator alone is no reason: data is for those it is shared with.
    ///
    /// - Parameter groups: the groups the user is in, directly or through others.
    public static func mayOpen(
        _ content: ContentRecord, _ user: UserRecord, permissions: [ContentPermissionRecord], groups: Set<GUID>
    ) -> Bool {
        guard !user.isLocked else { return false }
        return switch content.accessType {
        case .all, .loggedIn: true
        case .acl:
            content.ownerGUID == user.guid || permissions.contains { $0.principal.includes(user.guid, in: groups) }
        }
    }

    /// Who is listed on a content.
    public func permissions(
        of guid: GUID, for reader: some ReadsAsPublisher
    ) async throws(Refusal) -> [ContentPermissionRecord] {
        _ = try await editable(guid, by: reader.caller)
        return try await attempt { () throws(StoreError) in try await account.store.permissions(of: guid) }
    }

    /// One permission of a content: by its id, or by whom it names.
    public func permission(
        _ choice: PermissionChoice, of guid: GUID, for reader: some ReadsAsPublisher
    ) async throws(Refusal) -> ContentPermissionRecord {
        let listed = try await permissions(of: guid, for: reader)
        guard let found = listed.first(where: choice.means) else { throw .notFound("permission") }
        return found
    }

    /// Lists a user or a group on a content, or changes the level of who is listed already.
    public func permit(
        _ principal: Principal, _ level: ContentPermissionRecord.Level, on guid: GUID, by editor: some ChangesContent
    ) async throws(Refusal) -> ContentPermissionRecord {
        _ = try await changeable(guid, by: editor)
        if editor.caller.visit != nil {
            let listed = try await permissions(of: guid, for: editor).first { $0.principal == principal }
            try Self.requireViewers(listed?.level, level, for: editor.caller)
        }
        try await check(principal, level)
        let permission = ContentPermissionRecord(contentGUID: guid, principal: principal, level: level)
        return try await set(permission, by: editor)
    }

    /// Changes the level of a permission.
    ///
    /// - Parameter principal: whom the caller believes it names; nil where they do not say.
    public func change(
        _ choice: PermissionChoice, of guid: GUID, naming principal: Principal?,
        to level: ContentPermissionRecord.Level,
        by editor: some ChangesContent
    ) async throws(Refusal) -> ContentPermissionRecord {
        _ = try await changeable(guid, by: editor)
        var permission = try await permission(choice, of: guid, for: editor)
        guard principal == nil || principal == permission.principal else {
            throw .invalid(
                "principal_guid", "A permission cannot be given to somebody else: delete it and add another.")
        }
        try Self.requireViewers(permission.level, level, for: editor.caller)
        try await check(permission.principal, level)
        permission.level = level
        return try await set(permission, by: editor)
    }

    /// Takes a user or a group off a content.
    public func forbid(
        _ choice: PermissionChoice, on guid: GUID, by editor: some ChangesContent
    ) async throws(Refusal) {
        _ = try await changeable(guid, by: editor)
        let permission = try await permission(choice, of: guid, for: editor)
        try Self.requireViewers(permission.level, nil, for: editor.caller)
        let event = editor.change(
            .permissionRemoved, of: guid, at: clock.now, subject: permission.principal.guid,
            details: ["id": .integer(permission.id), "principal_type": .string(permission.principal.kind)]
        ).on(Self.viewersAlone(permission, editor.caller))
        let removed = try await attempt { () throws(StoreError) in
            try await account.store.removePermission(permission.id, of: guid, noting: event)
        }
        guard removed else { throw .notFound("permission") }
    }

    private func set(
        _ permission: ContentPermissionRecord, by editor: some ChangesContent
    ) async throws(Refusal) -> ContentPermissionRecord {
        let event = editor.change(
            .permissionSet, of: permission.contentGUID, at: clock.now, subject: permission.principal.guid,
            details: [
                "role": .string(permission.level.rawValue), "principal_type": .string(permission.principal.kind),
            ]
        ).on(Self.viewersAlone(permission, editor.caller))
        return try await attempt { () throws(StoreError) in
            try await account.store.setPermission(permission, noting: event)
        }
    }

    /// With a visitor's key nobody becomes an owner, and no owner is taken off: only who may view is changed.
    private static func requireViewers(
        _ before: ContentPermissionRecord.Level?, _ after: ContentPermissionRecord.Level?, for caller: Caller
    ) throws(Refusal) {
        if [before, after].contains(.owner) { _ = try Person(caller) }
    }

    /// A visitor's key changes no co-owner. The write checks this again for the level that is stored then.
    private static func viewersAlone(_ permission: ContentPermissionRecord, _ caller: Caller) -> [Premise] {
        caller.visit == nil ? [] : [.noOwner(permission.principal, of: permission.contentGUID)]
    }

    /// Whether a user or group is there, and can have that level. Any group can be an owner: of those in it the publishers
    /// may then change the content, and the viewers open it.
    private func check(
        _ principal: Principal, _ level: ContentPermissionRecord.Level
    ) async throws(Refusal) {
        let unknown = try await attempt { () throws(StoreError) in
            try await account.store.unknown(among: [principal])
        }
        guard unknown.isEmpty else {
            throw .invalid("principal_guid", "principal_guid must name a \(principal.kind) of this account.")
        }
        guard case .user(let guid) = principal, level == .owner else { return }
        let user = try await attempt { () throws(StoreError) in try await account.store.user(guid) }
        guard let user, user.role >= .publisher else {
            throw .invalid("role", "Only a publisher can be an owner of content.")
        }
    }
}

/// Which permission of a content is meant.
public enum PermissionChoice: Sendable {
    /// The one with this id.
    case id(Int64)
    /// The one that names this user or group.
    case principal(GUID)

    func means(_ permission: ContentPermissionRecord) -> Bool {
        switch self {
        case .id(let id): permission.id == id
        case .principal(let guid): permission.principal.guid == guid
        }
    }
}

extension Contents {
    /// Which of these the caller may change.
    public func editableGUIDs(among contents: [ContentRecord], by caller: Caller) async throws(Refusal) -> Set<GUID> {
        let access = try await attempt { () throws(StoreError) in
            try await account.store.access(ofUser: caller.user.guid)
        }
        let byContent = Dictionary(grouping: access.permissions, by: \.contentGUID)
        let editable = contents.filter {
            Self.mayEdit($0, caller, permissions: byContent[$0.guid] ?? [], groups: access.groups)
        }
        return Set(editable.map(\.guid))
    }
}
