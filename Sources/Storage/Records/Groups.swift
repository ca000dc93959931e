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
}

extension IntegrationPermissionRecord {
    /// Who may attach it.
    public var principal: Principal { .user(userGUID) }
}
