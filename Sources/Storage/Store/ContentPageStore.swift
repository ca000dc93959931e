/// What the pages of content show: long lists page by page, and how the logins of viewers fare.
public protocol ContentPageStore: Sendable {
    /// The contents that a person may see, by title, with what decides what the person may do with each.
    ///
    /// - Parameters:
    ///   - seesAll: whether the person sees whatever there is.
    ///   - search: what the title or the name has in it, without regard to case; empty: anything.
    func contentListing(
        for user: GUID, seesAll: Bool, search: String, _ page: PageRequest
    ) async throws(StoreError) -> ContentListing
    /// Who is listed on a content, with what they are called, in the order in which they were listed.
    func listed(on content: GUID, _ page: PageRequest) async throws(StoreError) -> RecordPage<ListedPrincipal>
    /// How the logins of those who may open a content fare, with each of the integrations it uses that are logged in to.
    ///
    /// - Parameter maximum: so many of those who must log in again are named.
    func logins(
        ofContent guid: GUID, at now: Timestamp, naming maximum: Int
    ) async throws(StoreError) -> [GUID: LoginCounts]
    /// The integrations that a person may attach to a content and that it does not use yet, by name.
    ///
    /// - Parameters:
    ///   - attachesAny: whether the person may attach whatever there is.
    ///   - search: what the name or the description has in it, without regard to case; empty: anything.
    func attachableIntegrations(
        to content: GUID, by user: GUID, attachesAny: Bool, search: String, _ page: PageRequest
    ) async throws(StoreError) -> RecordPage<IntegrationRecord>
    /// What a content leaves behind when it is removed.
    func remains(ofContent guid: GUID) async throws(StoreError) -> ContentRemains
}

/// A part of the contents that a person may see.
public struct ContentListing: Sendable {
    /// Those on this page, by title.
    public let contents: [ContentRecord]
    /// How many there are on all pages.
    public let total: Int
    /// The owners of those on this page.
    public let owners: [GUID: UserRecord]
    /// The permissions on those on this page that name the person or one of the person's groups.
    public let permissions: [ContentPermissionRecord]
    /// The groups the person is in, directly or through others.
    public let groups: Set<GUID>
}

/// Who is listed on a content, with what they are called.
public struct ListedPrincipal: Sendable, Equatable {
    /// What they may do.
    public let permission: ContentPermissionRecord
    /// The group's name, or the user's first and last name; may be empty.
    public let name: String
    /// The user's email; empty for a group.
    public let email: String
    /// Whether it is a user who is locked.
    public let isLocked: Bool
}

/// How the logins of a content's viewers with one integration fare.
public struct LoginCounts: Sendable, Equatable {
    /// So many are logged in.
    public var loggedIn: Int
    /// So many were, and must log in again.
    public var mustLogIn: Int
    /// Those of them to whom it happened last.
    public var waiting: [WaitingViewer]
}

/// A viewer who must log in again.
public struct WaitingViewer: Sendable, Equatable {
    /// Who it is.
    public let user: UserRecord
    /// Why, in the words of `payload.reason`.
    public let reason: String
    /// Since when.
    public let since: Timestamp
}

/// What hangs on a content, and goes with it.
public struct ContentRemains: Sendable, Equatable {
    /// The integrations it uses.
    public let integrations: Int
    /// The users and groups that are listed on it.
    public let listed: Int
    /// Its environment variables.
    public let variables: Int
    /// Its bundles.
    public let bundles: Int
}
