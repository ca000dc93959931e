public import Cryptography

/// Who may open a content.
public enum AccessType: String, Sendable, CaseIterable {
    /// The owner, and who is listed.
    case acl
    /// Every user of the account.
    case loggedIn = "logged_in"
    /// Anyone. Refused while a Viewer integration is attached: there would be no viewer to act for.
    case all
}

/// A deployment that a publisher owns.
public struct ContentRecord: Sendable, Equatable {
    /// Counts up from 1 in the account; 0 before it is stored.
    public var id: Int64
    /// Which it is.
    public let guid: GUID
    /// The publisher who owns it.
    public var ownerGUID: GUID
    /// Unique for its owner.
    public var name: String
    /// For people; may be empty.
    public var title: String
    /// For people; may be empty.
    public var description: String
    /// Who may open it.
    public var accessType: AccessType
    /// Where it runs, as an origin such as `http://127.0.0.1:9001`; nil until set.
    public var upstreamURL: String?
    /// When it was created.
    public let createdAt: Timestamp
    /// When it was last changed.
    public var updatedAt: Timestamp
    /// What was deployed last; nil before anything was.
    public var deployment: DeploymentRecord?

    /// A content with these values.
    public init(
        id: Int64 = 0, guid: GUID, ownerGUID: GUID, name: String, title: String, description: String,
        accessType: AccessType,
        upstreamURL: String?, createdAt: Timestamp, updatedAt: Timestamp, deployment: DeploymentRecord? = nil
    ) {
        self.id = id
        self.guid = guid
        self.ownerGUID = ownerGUID
        self.name = name
        self.title = title
        self.description = description
        self.accessType = accessType
        self.upstreamURL = upstreamURL
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.deployment = deployment
    }

    /// This content with what differs between two others.
    func taking(_ after: ContentRecord, from before: ContentRecord) -> ContentRecord {
        var content = self
        if after.ownerGUID != before.ownerGUID { content.ownerGUID = after.ownerGUID }
        if after.name != before.name { content.name = after.name }
        if after.title != before.title { content.title = after.title }
        if after.description != before.description { content.description = after.description }
        if after.accessType != before.accessType { content.accessType = after.accessType }
        if after.upstreamURL != before.upstreamURL { content.upstreamURL = after.upstreamURL }
        content.updatedAt = after.updatedAt
        return content
    }

    /// Whether somebody may change it: its owner, a listed co-owner, an administrator.
    ///
    /// - Parameters:
    ///   - role: what the person may do here, which may be less than their own role.
    ///   - groups: the groups the person is in, directly or through others.
    public func isEditable(
        by user: GUID, as role: Role, permissions: [ContentPermissionRecord], groups: Set<GUID>
    ) -> Bool {
        guard role >= .publisher else { return false }
        return role == .administrator || ownerGUID == user
            || permissions.contains { $0.level == .owner && $0.principal.includes(user, in: groups) }
    }

    /// What kind of content it is, in Connect's words; nil before anything was deployed.
    public var appMode: String? { deployment?.manifest.appMode }

    /// Whether something runs for each viewer; nil before anything was deployed, when everything is still possible.
    public var isInteractive: Bool? { deployment?.manifest.isInteractive }
}

/// A user or a group listed on a content.
public struct ContentPermissionRecord: Sendable, Equatable {
    /// What who is listed may do with the content.
    public enum Level: String, Sendable, CaseIterable {
        case viewer, owner
    }
    /// Counts up from 1 in the account; 0 before it is stored.
    public var id: Int64
    /// The content.
    public let contentGUID: GUID
    /// Who is listed.
    public let principal: Principal
    /// What they may do.
    public var level: Level

    /// A permission with these values.
    public init(id: Int64 = 0, contentGUID: GUID, principal: Principal, level: Level) {
        self.id = id
        self.contentGUID = contentGUID
        self.principal = principal
        self.level = level
    }
}

/// Content uses integration.
public struct AssociationRecord: Sendable, Equatable {
    /// The content.
    public let contentGUID: GUID
    /// The integration it uses.
    public let integration: IntegrationRecord
    /// Since when.
    public let createdAt: Timestamp
}

/// The one-time ticket that carries a sign-in from the pages' origin to a content's origin.
public struct TicketRecord: Sendable, Equatable {
    /// The hash of the ticket.
    public let hash: Digest
    /// The hash of the nonce in the cookie of the browser that asked for it.
    public let binding: Digest
    /// The session at the pages that it was made from.
    public let sessionHash: Digest
    /// Who signed in.
    public let userGUID: GUID
    /// For which content.
    public let contentGUID: GUID
    /// When it stops working.
    public let expiresAt: Timestamp

    /// A ticket with these values.
    public init(
        hash: Digest, binding: Digest, sessionHash: Digest, userGUID: GUID, contentGUID: GUID, expiresAt: Timestamp
    ) {
        self.hash = hash
        self.binding = binding
        self.sessionHash = sessionHash
        self.userGUID = userGUID
        self.contentGUID = contentGUID
        self.expiresAt = expiresAt
    }
}
