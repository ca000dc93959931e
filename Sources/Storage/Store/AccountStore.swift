public import Cryptography

/// Everything of one account, in the domain's own verbs: what an engine must be able to do.
///
/// Each verb is one transaction. When it returns, its effect is on disk. SQLite is the first engine.
///
/// A verb that changes something takes the event that tells of it (`noting:`): the change and its line in the audit are
/// written together or not at all, and where nothing changed nothing is noted.
public typealias AccountStore = ActivityStore & AuditStore & ConnectionStore & ContentPageStore & ContentStore
    & DeploymentStore & EnvironmentVariableStore & ErrandStore & EventStore & GatewayStore & GroupStore
    & IntegrationListStore & IntegrationStore & LoginFlowStore & OAuthSessionStore & PeopleStore & RevocationStore
    & RosterStore & RuntimeStore
    & SigningKeyStore & SingleSignOnStore & WebhookStore

/// Users, invites, API keys, browser sessions.
public protocol PeopleStore: Sendable {
    /// Adds a user, the first API key and the invite in one step.
    func addUser(
        _ user: UserRecord, key: APIKeyRecord?, keyHash: Digest?, inviteHash: Digest?, inviteExpiresAt: Timestamp?,
        noting event: EventRecord?)
        async throws(StoreError)
    /// All users, oldest first.
    func users() async throws(StoreError) -> [UserRecord]
    /// One user.
    func user(_ guid: GUID) async throws(StoreError) -> UserRecord?
    /// One user by email, without regard to case.
    func user(email: String) async throws(StoreError) -> UserRecord?
    /// The users that a filter lets through, oldest first.
    func users(matching filter: UserFilter, _ page: PageRequest) async throws(StoreError) -> RecordPage<UserRecord>
    /// Changes a user; `lastAdministrator` where nobody would be left who can administer the account.
    func changeUser(_ guid: GUID, _ changes: UserChanges, at now: Timestamp, noting event: EventRecord?)
        async throws(StoreError) -> UserRecord
    /// Puts a hash of the same password in the place of the old one, where that one is still there.
    func renewPasswordHash(of user: GUID, from old: String, to new: String) async throws(StoreError)
    /// Takes the place of every invite the user had.
    func replaceInvite(of user: GUID, hash: Digest, expiresAt: Timestamp, noting event: EventRecord?)
        async throws(StoreError)
    /// The user an invite is for, while it is valid.
    func invitedUser(hash: Digest, at now: Timestamp) async throws(StoreError) -> UserRecord?
    /// Uses an invite up and sets the password; nil where the invite is not valid (any more).
    func acceptInvite(hash: Digest, passwordHash: String, at now: Timestamp, noting event: EventRecord?)
        async throws(StoreError) -> UserRecord?
    /// Adds an API key and returns it with its id.
    func addKey(_ key: APIKeyRecord, hash: Digest, noting event: EventRecord?) async throws(StoreError) -> APIKeyRecord
    /// Adds a visitor's key and drops those that have expired; `stale` where what it comes from is gone or was changed.
    func addVisitorKey(
        _ key: APIKeyRecord, hash: Digest, integrationVersion: Int64, at now: Timestamp
    ) async throws(StoreError)
    /// The keys of a user, oldest first, but for visitors' keys.
    func keys(of user: GUID) async throws(StoreError) -> [APIKeyRecord]
    /// Removes a key of that user; false where there is none.
    func removeKey(_ id: Int64, of user: GUID, noting event: EventRecord?) async throws(StoreError) -> Bool
    /// The key with that hash and its user.
    func key(hash: Digest) async throws(StoreError) -> (key: APIKeyRecord, user: UserRecord)?
    /// Notes that a key was used.
    func touchKey(_ id: Int64, at now: Timestamp) async throws(StoreError)
    /// Opens a browser session and drops the expired ones.
    func openBrowserSession(_ session: BrowserSessionRecord, at now: Timestamp, noting event: EventRecord?)
        async throws(StoreError)
    /// The session with that hash and its user, while it is valid.
    func browserSession(hash: Digest, at now: Timestamp) async throws(StoreError) -> (
        session: BrowserSessionRecord, user: UserRecord
    )?
    /// Ends a browser session and those at content origins that came from it.
    func endBrowserSession(hash: Digest, noting event: EventRecord?) async throws(StoreError)
}

/// Content, who may open it, and what it uses.
public protocol ContentStore: Sendable {
    /// Adds a content and returns it with its id.
    func addContent(_ content: ContentRecord, noting event: EventRecord?) async throws(StoreError) -> ContentRecord
    /// All content, oldest first.
    func contents() async throws(StoreError) -> [ContentRecord]
    /// One content.
    func content(_ guid: GUID) async throws(StoreError) -> ContentRecord?
    /// Changes of a content what differs from before; the rest stays as it is by now.
    ///
    /// - Returns: the content after the change.
    func updateContent(
        _ content: ContentRecord, from before: ContentRecord, noting event: EventRecord?
    ) async throws(StoreError) -> ContentRecord
    /// Removes a content with its associations, permissions and sessions.
    func removeContent(_ guid: GUID, noting event: EventRecord?) async throws(StoreError)
    /// Who is listed on a content.
    func permissions(of content: GUID) async throws(StoreError) -> [ContentPermissionRecord]
    /// What decides about one person and one content, in one read.
    func contentFacts(_ guid: GUID, for user: GUID) async throws(StoreError) -> ContentFacts
    /// What decides about one person and any content, in one read.
    func access(ofUser user: GUID) async throws(StoreError) -> UserAccess
    /// Lists a user or a group on a content, or changes the level.
    func setPermission(_ permission: ContentPermissionRecord, noting event: EventRecord?) async throws(StoreError)
        -> ContentPermissionRecord
    /// Takes a user or a group off a content; false where there is no such permission.
    func removePermission(_ id: Int64, of content: GUID, noting event: EventRecord?) async throws(StoreError) -> Bool
    /// What a content uses, oldest first.
    func associations(ofContent guid: GUID) async throws(StoreError) -> [AssociationRecord]
    /// What uses an integration, oldest first.
    func associations(ofIntegration guid: GUID) async throws(StoreError) -> [AssociationRecord]
    /// Makes these the integrations a content uses; those that stay keep their time.
    ///
    /// - Parameter known: what the caller believes that it uses so far; `stale` where it does not. nil: whatever it is.
    func replaceAssociations(
        of content: GUID, with integrations: [GUID], knowing known: Set<GUID>?, at now: Timestamp,
        noting event: EventRecord?)
        async throws(StoreError)
}

/// Integrations and who may attach them.
public protocol IntegrationStore: Sendable {
    /// Adds an integration with its permissions and returns it with its id.
    func addIntegration(
        _ integration: IntegrationRecord, permissions: [IntegrationPermissionRecord], noting event: EventRecord?
    )
        async throws(StoreError) -> IntegrationRecord
    /// All integrations, oldest first.
    func integrations() async throws(StoreError) -> [IntegrationRecord]
    /// One integration.
    func integration(_ guid: GUID) async throws(StoreError) -> IntegrationRecord?
    /// How many contents use each integration.
    func contentCounts() async throws(StoreError) -> [GUID: Int]
    /// The permissions of all integrations.
    func integrationPermissions() async throws(StoreError) -> [IntegrationPermissionRecord]
    /// Replaces an integration whose version is still the one before; ends its sessions and flows when asked to, and
    /// queues their tokens for revocation under the config there was.
    func updateIntegration(
        _ integration: IntegrationRecord, permissions: [IntegrationPermissionRecord]?, endingSessions: Bool,
        revoking: Bool, noting events: [EventRecord])
        async throws(StoreError)
    /// Removes an integration with its sessions, flows and associations; queues the tokens for revocation when asked to.
    func removeIntegration(_ guid: GUID, revoking: Bool, noting event: EventRecord?) async throws(StoreError)
}

/// Login flows: written once, consumed once.
public protocol LoginFlowStore: Sendable {
    /// Keeps a flow and drops the expired ones.
    func beginLoginFlow(_ flow: LoginFlowRecord, at now: Timestamp) async throws(StoreError)
    /// Deletes and returns the flow in one statement; nil where there is none, or no longer.
    func consumeLoginFlow(stateHash: Digest, at now: Timestamp) async throws(StoreError) -> LoginFlowRecord?
}

/// The sealed tokens.
public protocol OAuthSessionStore: Sendable {
    /// All sessions, or those of one user, oldest first.
    func oauthSessions(of user: GUID?) async throws(StoreError) -> [OAuthSessionRecord]
    /// One session.
    func oauthSession(_ guid: GUID) async throws(StoreError) -> OAuthSessionRecord?
    /// The session of a user with an integration.
    func oauthSession(user: GUID, integration: GUID) async throws(StoreError) -> OAuthSessionRecord?
    /// Stores the tokens of a login; `stale` where the integration changed since, or the user is gone or locked.
    func commitLogin(
        _ guid: GUID, user: GUID, integration: GUID, integrationVersion: Int64, tokens: SealedTokens, at now: Timestamp,
        noting event: EventRecord?
    ) async throws(StoreError) -> OAuthSessionRecord
    /// Marks that the refresh token is about to be presented; `stale` where the tokens changed since they were read.
    func markRefresh(_ session: OAuthSessionRecord, at now: Timestamp) async throws(StoreError)
    /// Stores the tokens of a refresh and takes the mark away; `stale` where another writer was first.
    func commitRefresh(
        _ session: OAuthSessionRecord, tokens: SealedTokens, at now: Timestamp, noting event: EventRecord?
    ) async throws(StoreError)
        -> OAuthSessionRecord
    /// Takes the mark away: the provider answered and the refresh token was not consumed.
    func unmarkRefresh(_ session: OAuthSessionRecord) async throws(StoreError)
    /// Notes that a refresh was answered with status 400 and no error that can be read. With `keepingRefreshMark` what an
    /// earlier lost answer did is still unknown.
    func markUnexplained(
        _ session: OAuthSessionRecord, at now: Timestamp, keepingRefreshMark isKept: Bool
    ) async throws(StoreError)
    /// Notes why the viewer must log in again; `stale` where another writer was first.
    func requireLogin(
        _ session: OAuthSessionRecord, reason: String, at now: Timestamp, noting event: EventRecord?)
        async throws(StoreError)
    /// Removes a session, and queues its tokens for revocation when asked to; false where there is none.
    func removeOAuthSession(_ guid: GUID, revoking: Bool, noting event: EventRecord?) async throws(StoreError) -> Bool
    /// All that an exchange needs to know, in one read.
    func exchangeFacts(keyHash: Digest, user: GUID, content: GUID) async throws(StoreError) -> ExchangeFacts
}

/// Tickets and what the gateway asks.
public protocol GatewayStore: Sendable {
    /// Keeps a ticket and drops the expired ones.
    func addTicket(_ ticket: TicketRecord, at now: Timestamp) async throws(StoreError)
    /// Deletes and returns the ticket in one statement; nil where there is none, or no longer.
    func consumeTicket(hash: Digest, at now: Timestamp) async throws(StoreError) -> TicketRecord?
    /// All that the gateway's answer needs to know, in one read.
    func gatewayFacts(sessionHash: Digest?, content: GUID, at now: Timestamp) async throws(StoreError) -> GatewayFacts
}

/// What the store knows of one person and one content; the domain judges.
public struct ContentFacts: Sendable {
    /// The content.
    public var content: ContentRecord?
    /// Who is listed on it.
    public var permissions: [ContentPermissionRecord]
    /// The groups the person is in, directly or through others.
    public var groups: Set<GUID>
}

/// What the store knows of one person and all content; the domain judges.
public struct UserAccess: Sendable {
    /// The groups the person is in, directly or through others.
    public var groups: Set<GUID>
    /// The permissions that name the person or one of those groups.
    public var permissions: [ContentPermissionRecord]
}

/// What the store knows of an exchange; the domain judges.
public struct ExchangeFacts: Sendable {
    /// The API key and its user.
    public var caller: (key: APIKeyRecord, user: UserRecord)?
    /// The groups its user is in, directly or through others.
    public var callerGroups: Set<GUID>
    /// The content that the session token names.
    public var content: ContentRecord?
    /// Who is listed on it.
    public var permissions: [ContentPermissionRecord]
    /// The viewer that the session token names.
    public var viewer: UserRecord?
    /// The groups the viewer is in, directly or through others.
    public var viewerGroups: Set<GUID>
    /// What the content uses.
    public var associations: [AssociationRecord]
    /// The viewer's sessions with those integrations.
    public var sessions: [OAuthSessionRecord]
    /// What the content's own key is derived from; nil where it has none.
    public var contentKeySalt: [UInt8]?
}

/// What the store knows of a request to content; the domain judges.
public struct GatewayFacts: Sendable {
    /// The content asked for.
    public var content: ContentRecord?
    /// The viewer whom the content's cookie names.
    public var viewer: UserRecord?
    /// The browser session of that cookie.
    public var session: BrowserSessionRecord?
    /// Who is listed on the content.
    public var permissions: [ContentPermissionRecord]
    /// The groups the viewer is in, directly or through others.
    public var viewerGroups: Set<GUID>
    /// What the content uses.
    public var associations: [AssociationRecord]
    /// The viewer's sessions with those integrations.
    public var sessions: [OAuthSessionRecord]
}
