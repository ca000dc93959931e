/// Which users are wanted; nothing said: all.
public struct UserFilter: Sendable {
    /// Whether a user can sign in, and does.
    public enum Status: String, Sendable, CaseIterable {
        /// An administrator keeps them out.
        case locked
        /// Not locked, and active since `activeSince`.
        case licensed
        /// Not locked, and not active since then.
        case inactive
    }

    /// What username, email, first or last name begins with, without regard to case; or the whole unique id.
    public var prefix = ""
    /// One of these roles; empty: any.
    public var roles: Set<Role> = []
    /// One of these; empty: any.
    public var statuses: Set<Status> = []
    /// Since when somebody who signed in, or used a key, counts as active.
    public var activeSince: Timestamp

    /// All users.
    public init(activeSince: Timestamp) { self.activeSince = activeSince }
}

/// What is to change of a user; nil leaves what is there.
public struct UserChanges: Sendable, Equatable {
    /// Another email. Invites that went to the one before end.
    public var email: String?
    /// Another username.
    public var username: String?
    /// Another first name.
    public var firstName: String?
    /// Another last name.
    public var lastName: String?
    /// Another role.
    public var role: Role?
    /// Locked or not; who becomes locked is signed out everywhere.
    public var isLocked: Bool?
    /// What another directory calls the user.
    public var uniqueID: String?

    /// Nothing changes.
    public init() {}

    /// These changes without what the user has already.
    public func beside(_ user: UserRecord) -> UserChanges {
        var changes = self
        if email == user.email { changes.email = nil }
        if username == user.username { changes.username = nil }
        if firstName == user.firstName { changes.firstName = nil }
        if lastName == user.lastName { changes.lastName = nil }
        if role == user.role { changes.role = nil }
        if isLocked == user.isLocked { changes.isLocked = nil }
        if uniqueID == user.uniqueID { changes.uniqueID = nil }
        return changes
    }

    /// The user after these changes.
    public func applied(to user: UserRecord) -> UserRecord {
        var user = user
        if let email { user.email = email }
        if let username { user.username = username }
        if let firstName { user.firstName = firstName }
        if let lastName { user.lastName = lastName }
        if let role { user.role = role }
        if let isLocked { user.isLocked = isLocked }
        if let uniqueID { user.uniqueID = uniqueID }
        return user
    }
}
