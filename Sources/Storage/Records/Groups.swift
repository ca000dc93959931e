/// Somebody who can be given something: a user, or all who are in a group.
public enum Principal: Sendable, Hashable {
    /// One user.
    case user(GUID)
    /// All who are in a group, directly or through another.
    case group(GUID)

    /// Which user or group it is.
    public var guid: GUID {
        switch self {
        case .user(let guid), .group(let guid): guid
        }
    }

    /// What it is, in the API's words.
    public var kind: String {
        switch self {
        case .user: "user"
        case .group: "group"
        }
    }

    /// Whether a person is meant, who is in those groups (directly or through others).
    public func includes(_ user: GUID, in groups: Set<GUID>) -> Bool {
        switch self {
        case .user(let guid): guid == user
        case .group(let guid): groups.contains(guid)
        }
    }

    var userGUID: GUID? { if case .user(let guid) = self { guid } else { nil } }
    var groupGUID: GUID? { if case .group(let guid) = self { guid } else { nil } }
}

/// People who are given something together.
public struct GroupRecord: Sendable, Equatable {
    /// How many groups a chain of groups within groups may have.
    public static let maximumDepth = 10

    /// Counts up from 1 in the account; 0 before it is stored.
    public var id: Int64
    /// Which it is.
    public let guid: GUID
    /// Unique in the account, compared without regard to case.
    public var name: String
    /// What another directory calls it; unique in the account.
    public var uniqueID: String?
    /// The publisher who may change it; nil: administrators alone.
    public var ownerGUID: GUID?
    /// When it was created.
    public let createdAt: Timestamp
    /// When its name or owner was last changed.
    public var updatedAt: Timestamp

    /// A group with these values.
    public init(
        id: Int64 = 0, guid: GUID, name: String, uniqueID: String? = nil, ownerGUID: GUID?, createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.id = id
        self.guid = guid
        self.name = name
        self.uniqueID = uniqueID
        self.ownerGUID = ownerGUID
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// Whether somebody may change it and who is in it: its owner, while they are a publisher, or an administrator.
    ///
    /// - Parameter role: what the person may do here, which may be less than their own role.
    public func isEditable(by user: GUID, as role: Role) -> Bool {
        role == .administrator || role >= .publisher && ownerGUID == user
    }
}

/// What became of a member that was to be added.
public enum MemberAddition: Sendable, Equatable {
    /// It is a member now, or was one already.
    case done
    /// There is no such user or group.
    case unknown
    /// The group would be a member of itself, directly or through others.
    case cycle
    /// There would be more groups within groups than `GroupRecord.maximumDepth`.
    case tooDeep
}

/// What became of a group that was to be removed.
public enum GroupRemoval: Sendable, Equatable {
    /// It is gone, with its memberships and permissions.
    case done
    /// It stays: without it everybody could attach that integration, because nobody else is listed on it.
    case lastOfIntegration(GUID)
}
