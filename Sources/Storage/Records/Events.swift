public import JSON

/// Who did something.
public struct EventActor: Sendable, Equatable {
    /// What kind of somebody.
    public enum Kind: String, Sendable, CaseIterable {
        /// A person of the account, by browser or API key.
        case user
        /// A content, with the key of a visitor; the visitor is the line's `user_guid`.
        case content
        /// The operator of the server, by a command.
        case `operator`
        /// The server itself, such as a refresh that fell due.
        case system
    }

    /// What kind of somebody.
    public let kind: Kind
    /// The person, where it is one.
    public let guid: GUID?
    /// The name at that time; people can be renamed or removed later.
    public let name: String

    /// An actor with these values.
    public init(kind: Kind, guid: GUID?, name: String) {
        self.kind = kind
        self.guid = guid
        self.name = name
    }

    /// The server itself.
    public static let system = EventActor(kind: .system, guid: nil, name: "gatehouse")
}

/// By which way and from where a request came.
public struct Origin: Sendable, Equatable {
    /// The way in.
    public enum Door: Sendable, Equatable {
        /// An API key, by its id.
        case key(Int64)
        /// A browser that is signed in, or signs in.
        case browser
        /// A command of the operator.
        case command
        /// A cookie of a Workbench session.
        case workbench
        /// Nobody asked: the server does it by itself.
        case system
    }

    /// The way in.
    public let door: Door
    /// The network address, where there is one.
    public let address: String?
    /// What the answer and the log lines of the same request carry too.
    public let correlationID: String

    /// An origin with these values.
    public init(_ door: Door, address: String?, correlationID: String) {
        self.door = door
        self.address = address
        self.correlationID = correlationID
    }

    /// The server itself.
    public static let system = Origin(.system, address: nil, correlationID: "")

    /// The same request, by another way in.
    public func through(_ door: Door) -> Origin { Origin(door, address: address, correlationID: correlationID) }
}

/// One thing that happened in an account: a line of its audit. It holds no secret.
public struct EventRecord: Sendable, Equatable {
    /// How it went.
    public enum Outcome: String, Sendable, CaseIterable {
        /// It was done.
        case success
        /// Somebody was not allowed to, or asked for what is not possible.
        case refused
        /// It was tried and did not work.
        case failure
    }

    /// What happened.
    public let action: EventAction
    /// How it went.
    public let outcome: Outcome
    /// When.
    public let at: Timestamp
    /// Who did it.
    public let actor: EventActor
    /// From where.
    public let origin: Origin
    /// To what, where that is neither a content nor an integration: a user, a group, a session, a webhook.
    public let subject: GUID?
    /// To, or for, which content.
    public let content: GUID?
    /// To, or for, which integration.
    public let integration: GUID?
    /// What else is worth knowing.
    public let details: JSONObject
    /// What must still hold in the transaction that makes the change. Not part of the line.
    public let premises: [Premise]

    /// An event with these values.
    public init(
        _ action: EventAction, outcome: Outcome = .success, at: Timestamp, actor: EventActor, origin: Origin,
        subject: GUID? = nil, content: GUID? = nil, integration: GUID? = nil, details: JSONObject = [:],
        premises: [Premise] = []
    ) {
        self.action = action
        self.outcome = outcome
        self.at = at
        self.actor = actor
        self.origin = origin
        self.subject = subject
        self.content = content
        self.integration = integration
        self.details = details
        self.premises = premises
    }

    /// The most entries of one list in an audit line. `NAME_more` beside the list counts the rest.
    static let maximumEntries = 100
    /// The most characters of one text in an audit line.
    static let maximumText = 1024

    /// The same event with details of a bounded size: whoever makes a line must not decide how large it is.
    func bounded() -> EventRecord { telling(Self.bounded(details)) }

    /// The same event with more details.
    func telling(_ more: JSONObject) -> EventRecord {
        EventRecord(
            action, outcome: outcome, at: at, actor: actor, origin: origin, subject: subject, content: content,
            integration: integration, details: details.merging(more), premises: premises
        )
    }

    private static func bounded(_ object: JSONObject) -> JSONObject {
        var bounded: JSONObject = [:]
        for (key, value) in object {
            bounded[key] = Self.bounded(value)
            let more = (value.arrayValue?.count ?? 0) - maximumEntries
            if more > 0 { bounded["\(key)_more"] = .integer(Int64(more)) }
        }
        return bounded
    }

    private static func bounded(_ value: JSON) -> JSON {
        if let text = value.stringValue, text.unicodeScalars.count > maximumText {
            return .string(String(String.UnicodeScalarView(text.unicodeScalars.prefix(maximumText - 1))) + "…")
        }
        if let list = value.arrayValue { return .array(list.prefix(maximumEntries).map(Self.bounded)) }
        return value.objectValue.map { .object(Self.bounded($0)) } ?? value
    }

    /// The same event with another subject.
    func about(_ subject: GUID) -> EventRecord {
        EventRecord(
            action, outcome: outcome, at: at, actor: actor, origin: origin, subject: subject, content: content,
            integration: integration, details: details, premises: premises
        )
    }

    /// The same event with more premises.
    public func on(_ more: Premise...) -> EventRecord { on(more) }

    /// The same event with more premises.
    public func on(_ more: [Premise]) -> EventRecord {
        EventRecord(
            action, outcome: outcome, at: at, actor: actor, origin: origin, subject: subject, content: content,
            integration: integration, details: details, premises: premises + more
        )
    }
}

/// A line of the audit as it is kept.
public struct AuditRecord: Sendable, Equatable {
    /// Counts up from 1 in the account, without gaps.
    public let id: Int64
    /// What happened.
    public let event: EventRecord
    /// Binds this line to all before it.
    public let hash: [UInt8]
}
