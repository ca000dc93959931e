public import Cryptography

/// What a person may do in an account. Each role may do all that the one before it may.
public enum Role: String, Sendable, Comparable, CaseIterable {
    case viewer, publisher, administrator

    /// Viewer, then publisher, then administrator.
    public static func < (lhs: Role, rhs: Role) -> Bool { lhs.rank < rhs.rank }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .publisher: 1
        case .administrator: 2
        }
    }
}

/// A person of an account.
public struct UserRecord: Sendable, Equatable {
    /// Who it is.
    public let guid: GUID
    /// Unique in the account, compared without regard to case.
    public var email: String
    /// Unique in the account.
    public var username: String
    /// May be empty.
    public var firstName: String
    /// May be empty.
    public var lastName: String
    /// What another directory calls the person; unique in the account.
    public var uniqueID: String?
    /// What the person may do.
    public var role: Role
    /// The scrypt hash with its parameters; nil until the invite was accepted.
    public var passwordHash: String?
    /// A locked user can do nothing.
    public var isLocked: Bool
    /// Whether the operator made the user, with an API key.
    public internal(set) var wasMadeWithKey: Bool
    /// When the user was created.
    public let createdAt: Timestamp
    /// When the user was last changed.
    public var updatedAt: Timestamp
    /// When the user last signed in.
    public var activeAt: Timestamp?

    /// A user with these values.
    public init(
        guid: GUID, email: String, username: String, firstName: String = "", lastName: String = "", role: Role,
        at now: Timestamp
    ) {
        self.guid = guid
        self.email = email
        self.username = username
        self.firstName = firstName
        self.lastName = lastName
        self.role = role
        uniqueID = nil
        passwordHash = nil
        isLocked = false
        wasMadeWithKey = false
        createdAt = now
        updatedAt = now
        activeAt = nil
    }

    init(
        guid: GUID, email: String, username: String, firstName: String, lastName: String, role: Role,
        passwordHash: String?, uniqueID: String?,
        isLocked: Bool, wasMadeWithKey: Bool, createdAt: Timestamp, updatedAt: Timestamp, activeAt: Timestamp?
    ) {
        self.guid = guid
        self.email = email
        self.username = username
        self.firstName = firstName
        self.lastName = lastName
        self.role = role
        self.uniqueID = uniqueID
        self.passwordHash = passwordHash
        self.isLocked = isLocked
        self.wasMadeWithKey = wasMadeWithKey
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.activeAt = activeAt
    }

    /// Whether the user has a way in: has set a password, has signed in, or was made with an API key.
    public var isConfirmed: Bool { passwordHash != nil || activeAt != nil || wasMadeWithKey }

    /// Whether content and groups can be given to the user.
    public var mayOwn: Bool { role >= .publisher && !isLocked }
}

/// Where a visitor's key comes from.
public struct VisitorKeyOrigin: Sendable, Equatable {
    /// The content that asked for it.
    public let contentGUID: GUID
    /// The integration that allows it.
    public let integrationGUID: GUID
    /// What the content is called, for the audit.
    public let contentName: String
    /// Whether the integration lets the key change the visitor's own content, by its config of today.
    public let allowsChanges: Bool

    /// The key of an integration's config that says so.
    public static let changesSetting = "allow_changes"

    /// An origin with these values.
    public init(contentGUID: GUID, integrationGUID: GUID, contentName: String = "", allowsChanges: Bool = false) {
        self.contentGUID = contentGUID
        self.integrationGUID = integrationGUID
        self.contentName = contentName
        self.allowsChanges = allowsChanges
    }
}

/// An API key. The key itself is not here, nor anywhere: only its hash is kept.
public struct APIKeyRecord: Sendable, Equatable {
    /// Counts up from 1 in the account; 0 before it is stored.
    public var id: Int64
    /// Whose key it is.
    public let userGUID: GUID
    /// What the owner calls it.
    public let name: String
    /// The most it may do; never more than its user may.
    public let role: Role
    /// The last characters, by which the owner recognises it.
    public let hint: String
    /// The only content it may act for; nil: all that its user may.
    public let contentGUID: GUID?
    /// Where it is a visitor's key: the content that asked for it, and the integration that allows it.
    public let visitor: VisitorKeyOrigin?
    /// When it was created.
    public let createdAt: Timestamp
    /// When it was last used, to the hour.
    public var activeAt: Timestamp?
    /// When it stops working.
    public let expiresAt: Timestamp?

    /// A key with these values.
    public init(
        id: Int64 = 0, userGUID: GUID, name: String, role: Role, hint: String, contentGUID: GUID? = nil,
        visitor: VisitorKeyOrigin? = nil,
        createdAt: Timestamp,
        activeAt: Timestamp? = nil, expiresAt: Timestamp? = nil
    ) {
        self.id = id
        self.userGUID = userGUID
        self.name = name
        self.role = role
        self.hint = hint
        self.contentGUID = contentGUID
        self.visitor = visitor
        self.createdAt = createdAt
        self.activeAt = activeAt
        self.expiresAt = expiresAt
    }
}

/// A browser that signed in: to the pages, or (with a content) to that content's origin.
public struct BrowserSessionRecord: Sendable, Equatable {
    /// The hash of the cookie's secret.
    public let hash: Digest
    /// Who signed in.
    public let userGUID: GUID
    /// The content that the cookie is for; nil: the account's pages.
    public let contentGUID: GUID?
    /// The session at the pages that a content's session came from, and with which it ends.
    public let parentHash: Digest?
    /// When it stops working.
    public let expiresAt: Timestamp

    /// A session with these values.
    public init(hash: Digest, userGUID: GUID, contentGUID: GUID? = nil, parentHash: Digest? = nil, expiresAt: Timestamp)
    {
        self.hash = hash
        self.userGUID = userGUID
        self.contentGUID = contentGUID
        self.parentHash = parentHash
        self.expiresAt = expiresAt
    }
}
