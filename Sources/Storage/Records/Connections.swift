/// Which of an account's integrations a person's list of logins shows.
public struct ConnectionFilter: Sendable, Equatable {
    /// What the name or the description must hold, without regard to case; empty: anything.
    public var text: String
    /// The templates that are meant by the text, too.
    public var templates: [String]
    /// The templates of providers at which nobody logs in.
    public var templatesWithoutLogin: [String]

    /// A filter with these values.
    public init(text: String, templates: [String], templatesWithoutLogin: [String]) {
        self.text = text
        self.templates = templates
        self.templatesWithoutLogin = templatesWithoutLogin
    }
}

/// What the store knows of a person and an integration; the domain judges.
public struct ConnectionFacts: Sendable {
    /// The integration.
    public let integration: IntegrationRecord
    /// The person's session with it.
    public let session: OAuthSessionRecord?
    /// The first of the content that uses it and that the person may open, by title.
    public var contents: [ContentRecord]
    /// How many of those there are.
    public var contentCount: Int
}

/// What people log in to, in lists of any length.
public protocol ConnectionStore: Sendable {
    /// The integrations that a person can log in to or is logged in to: those with a session first, then those that content
    /// uses which the person may open, then the others; by name.
    ///
    /// - Parameter most: so many of the content of each.
    func connections(
        of user: GUID, matching filter: ConnectionFilter, _ page: PageRequest, contents most: Int
    ) async throws(StoreError) -> RecordPage<ConnectionFacts>
}
