/// Which people are wanted for a list that somebody reads; nothing said: all.
public struct RosterFilter: Sendable, Equatable {
    /// How somebody stands.
    public enum State: String, Sendable, CaseIterable {
        /// Can sign in.
        case active
        /// Has no password yet, and was never here.
        case invited
        /// An administrator keeps them out.
        case locked
    }

    /// Each of these words is somewhere in name, email or username, without regard to case.
    public var words = ""
    /// This role alone.
    public var role: Role?
    /// Those who stand so.
    public var state: State?

    /// Everybody.
    public init() {}
}

extension UserRecord {
    /// How the person stands.
    public var state: RosterFilter.State {
        if isLocked { return .locked }
        return isConfirmed ? .active : .invited
    }

    /// What people call them: the name, or the email where there is none.
    public var displayName: String {
        let name = [firstName, lastName].filter { !$0.isEmpty }.joined(separator: " ")
        return name.isEmpty ? email : name
    }
}

/// A person in a list.
public struct RosterEntry: Sendable {
    /// The person.
    public let user: UserRecord
    /// When they signed in, or used a key, the last time.
    public let lastActiveAt: Timestamp?
    /// The groups that they are in directly.
    public let groups: [GroupRecord]
}

/// What something is called.
public struct NameRecord: Sendable, Equatable {
    /// What it is.
    public enum Kind: String, Sendable, CaseIterable {
        case user, group, content, integration
    }

    /// What it is.
    public let kind: Kind
    /// Which one.
    public let guid: GUID
    /// What people call it.
    public let name: String
}

/// Some names of a list, and how many there are.
public struct NameList: Sendable, Equatable {
    /// The first of them.
    public let names: [NameRecord]
    /// How many there are.
    public let total: Int
}

/// One person, with all that an administrator decides by.
public struct ProfileRecord: Sendable {
    /// A login at a provider; its tokens are not here.
    public struct Login: Sendable {
        /// The integration.
        public let integration: NameRecord
        /// Since when.
        public let createdAt: Timestamp
        /// Why the person must log in again; nil: the login works.
        public let needsLogin: String?
    }

    /// The person.
    public let user: UserRecord
    /// When they signed in, or used a key, the last time.
    public let lastActiveAt: Timestamp?
    /// Until when an invite that is under way works.
    public let inviteExpiresAt: Timestamp?
    /// The groups that they are in directly, by name.
    public let groups: [GroupRecord]
    /// The groups that they are in through others, by name.
    public let outerGroups: [GroupRecord]
    /// What they are logged in to.
    public let logins: [Login]
    /// The content that they own.
    public let contents: NameList
    /// In how many browsers they are signed in.
    public let browsers: Int
    /// How many API keys they have.
    public let keys: Int
    /// How many sessions of IDEs they have.
    public let workbenchSessions: Int
}

/// A group in a list.
public struct GroupEntry: Sendable {
    /// The group.
    public let group: GroupRecord
    /// How many users are in it directly.
    public let users: Int
    /// How many groups are in it directly.
    public let groups: Int
    /// Who may change it, beside the administrators.
    public let owner: NameRecord?
}

/// What was given to a group, and ends with it.
public struct GroupGrants: Sendable {
    /// The groups that it is in.
    public let groups: NameList
    /// The content that it may open or change.
    public let contents: NameList
    /// The integrations that its publishers may attach.
    public let integrations: NameList
}

/// Who could be put into a group.
public struct MemberCandidates: Sendable {
    /// Users who are not in it directly.
    public let users: [UserRecord]
    /// Other groups that are not in it directly.
    public let groups: [GroupRecord]
    /// Whether there are more of them.
    public let hasMore: Bool
}
