public import JSON
public import Storage

// Who may read, and who may change. Keys that content holds are refused by every proof that does not name them:
//
// | proof                                  | own credential | visitor's key         | content's own key |
// | `Reader`                               | yes            | yes                   | no                |
// | `PublisherReader`, `AdministratorReader` | by role      | by role               | no                |
// | `ContentEditor`                        | publishers     | with `allow_changes`  | no                |
// | `Person`, `Publisher`, `Administrator` | by role        | no                    | no                |

/// Proof that somebody may change something. Only such a proof makes the audit line of a change.
public protocol Changes: Sendable {
    /// Who it is.
    var caller: Caller { get }
}

/// Proof that somebody may read what publishers may read.
public protocol ReadsAsPublisher: Sendable {
    /// Who it is.
    var caller: Caller { get }
}

/// Proof that somebody may read what administrators may read.
public protocol ReadsAsAdministrator: Sendable {
    /// Who it is.
    var caller: Caller { get }
}

/// Proof that somebody may change content as far as `allow_changes` goes: settings, deployments, and who may view.
///
/// Which content it is, `Contents.changeable` judges: with a visitor's key only the visitor's own.
public protocol ChangesContent: ReadsAsPublisher, Changes {}

/// A caller of any role who may read. The key that a content holds for itself reads its content alone, and is refused.
public struct Reader: Sendable {
    /// Who it is.
    public let caller: Caller

    /// - Throws: `Refusal` 22 for the key that a content holds for itself.
    public init(_ caller: Caller) throws(Refusal) {
        guard caller.contentGUID == nil else {
            throw Refusal(
                .permissionDenied,
                "The key that content holds reads its content and exchanges tokens: for all else use a key of your own."
            )
        }
        self.caller = caller
    }
}

/// A caller of any role who came with a credential of their own, and not with a key that content holds.
public struct Person: Changes {
    /// Who it is.
    public let caller: Caller

    /// - Throws: `Refusal` 22 for a key that content holds: what it would change would last longer than the key.
    public init(_ caller: Caller) throws(Refusal) {
        _ = try Reader(caller)
        guard caller.visit == nil else {
            throw Refusal(
                .permissionDenied,
                "A visitor's key reads what the visitor may read, except keys and variables, and cannot do this: use a key of your own."
            )
        }
        self.caller = caller
    }
}

/// A caller who may read what publishers may read.
public struct PublisherReader: ReadsAsPublisher {
    /// Who it is.
    public let caller: Caller

    /// - Throws: `Refusal` 22 where the caller's role is smaller, or for the key that a content holds for itself.
    public init(_ caller: Caller) throws(Refusal) {
        self.caller = try Reader(caller).caller
        try caller.require(.publisher)
    }
}

/// A caller who may read what administrators may read.
public struct AdministratorReader: ReadsAsAdministrator {
    /// Who it is.
    public let caller: Caller

    /// - Throws: `Refusal` 22 where the caller's role is smaller, or for the key that a content holds for itself.
    public init(_ caller: Caller) throws(Refusal) {
        self.caller = try Reader(caller).caller
        try caller.require(.administrator)
    }
}

/// A caller who may change content: a publisher, or a content with its visitor's key where `allow_changes` is on.
public struct ContentEditor: ChangesContent {
    /// Who it is.
    public let caller: Caller

    /// - Throws: `Refusal` 22 where the caller's role is smaller, or for a key that changes nothing.
    public init(_ caller: Caller) throws(Refusal) {
        self.caller = try PublisherReader(caller).caller
        guard caller.visit?.allowsChanges ?? true else {
            throw Refusal(
                .permissionDenied,
                "This visitor's key changes nothing: an administrator can turn on allow_changes of the integration."
            )
        }
    }
}

/// A caller who may publish.
public struct Publisher: ChangesContent {
    /// Who it is.
    public let caller: Caller

    /// - Throws: `Refusal` 22 where the caller's role is smaller, or for a key that content holds.
    public init(_ caller: Caller) throws(Refusal) {
        self.caller = try Person(caller).caller
        try caller.require(.publisher)
    }
}

/// A caller who may administer the account.
public struct Administrator: ReadsAsAdministrator, Changes {
    /// Who it is.
    public let caller: Caller

    /// - Throws: `Refusal` 22 where the caller's role is smaller, or for a key that content holds.
    public init(_ caller: Caller) throws(Refusal) {
        self.caller = try Person(caller).caller
        try caller.require(.administrator)
    }

    /// The operator of the server, who is above the accounts.
    public static func `operator`(_ account: OpenAccount, at now: Timestamp) -> Administrator {
        Administrator(
            unchecked: Caller(
                user: UserRecord(
                    guid: account.makeGUID(), email: "", username: "operator", role: .administrator, at: now),
                origin: Origin(.command, address: nil, correlationID: "")
            )
        )
    }

    private init(unchecked caller: Caller) { self.caller = caller }
}

extension Changes {
    /// What the caller changed, as a line of the audit.
    public func event(
        _ action: EventAction, _ outcome: EventRecord.Outcome = .success, at now: Timestamp, subject: GUID? = nil,
        content: GUID? = nil, integration: GUID? = nil, details: JSONObject = [:]
    ) -> EventRecord {
        caller.note(
            action, outcome, at: now, subject: subject, content: content, integration: integration, details: details)
    }
}

extension Publisher {
    /// The audit line of a change to a group. The write checks first that the caller may still change the group.
    func change(
        _ action: EventAction, ofGroup group: GUID, at now: Timestamp, details: JSONObject
    ) -> EventRecord {
        let event = event(action, at: now, subject: group, details: details)
        // The operator of the server is above the accounts.
        if caller.origin.door == .command { return event }
        return event.on(.groupOwner(of: group, user: caller.user.guid, role: caller.role))
    }
}

extension ChangesContent {
    /// What the caller changed of a content, as a line of the audit, on the premise that they may still change it.
    public func change(
        _ action: EventAction, of content: GUID, at now: Timestamp, subject: GUID? = nil, details: JSONObject = [:]
    ) -> EventRecord {
        let event = event(action, at: now, subject: subject, content: content, details: details)
        let user = caller.user.guid
        // The operator of the server is above the accounts.
        if caller.origin.door == .command { return event }
        // With a visitor's key only the owner changes content, whoever else may edit it.
        return event.on(
            caller.visit == nil
                ? .editor(of: content, user: user, role: caller.role) : .owner(of: content, user: user))
    }
}
