/// Which integrations a list shows; nothing said: all.
public struct IntegrationFilter: Sendable {
    /// What name or description contain, without regard to case.
    public var text = ""
    /// Integrations of these templates are shown as well, whatever they are called.
    public var templates: [String] = []

    /// All integrations.
    public init() {}
}

/// What a list shows of an integration: neither its config nor its secret is read for that.
public struct IntegrationSummary: Sendable {
    /// Which it is.
    public let guid: GUID
    /// For people.
    public let name: String
    /// For people; may be empty.
    public let description: String
    /// The key of the template it was made from.
    public let template: String
    /// Who the tokens act for, in the API's words.
    public let authType: String
    /// How many contents use it.
    public var contentCount = 0
    /// How many viewers are logged in.
    public var loggedInCount = 0
    /// How many viewers must log in again.
    public var loginRequiredCount = 0
}

/// An integration with who may attach it and how many contents use it.
public struct IntegrationFacts: Sendable {
    /// The integration.
    public let integration: IntegrationRecord
    /// Who may attach it.
    public let permissions: [IntegrationPermissionRecord]
    /// How many contents use it.
    public let contentCount: Int
}

/// Who and what has to do with an integration.
public struct IntegrationUse: Sendable {
    /// A content that uses it.
    public struct Content: Sendable {
        /// Which it is.
        public let guid: GUID
        /// What people call it: its title, or its name where it has none.
        public let label: String
    }

    /// Sessions that fare alike.
    public struct Sessions: Sendable {
        /// Why their viewers must log in again, in the words of `payload.reason`; nil where they are logged in.
        public let reason: String?
        /// How many there are.
        public let count: Int
    }

    /// Somebody who may attach it.
    public struct Listed: Sendable {
        /// The user or the group.
        public let principal: Principal
        /// The user's email address or the group's name.
        public let label: String
    }

    /// The content that uses it, by what people call it.
    public let contents: RecordPage<Content>
    /// The sessions with it.
    public let sessions: [Sessions]
    /// Who may attach it, in the order in which they were listed.
    public let listed: [Listed]
}
