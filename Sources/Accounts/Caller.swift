public import Storage

/// Somebody who proved who they are. What they may do is proved by the types below, so that a verb which needs a
/// publisher cannot be called without one.
public struct Caller: Sendable {
    /// The person.
    public let user: UserRecord
    /// What the person may do here: the key's role, where a key was used, and never more than the user's.
    public let role: Role
    /// The only content that the key is for; nil: all that the user may.
    public let contentGUID: GUID?
    /// By which way and from where they came.
    public let origin: Origin
    /// Whether a content acts for the person with a key that it was given for an hour.
    public let isVisitor: Bool
    /// What all that the caller does rests on: that they are not locked, keep their role, and that the key or session they
    /// came with has not ended. Each write judges it again.
    public let premises: [Premise]

    /// Somebody whom the server itself vouches for: its operator, or somebody on the way in.
    public init(user: UserRecord, origin: Origin) {
        // The operator is no user of the account.
        self.init(user: user, origin: origin, on: origin.door == .command ? [] : [.active(user.guid, atLeast: .viewer)])
    }

    /// Somebody who came with the cookie of a session.
    init(user: UserRecord, session: Premise, origin: Origin) {
        self.init(user: user, origin: origin, on: [.active(user.guid, atLeast: user.role), session])
    }

    private init(user: UserRecord, origin: Origin, on premises: [Premise]) {
        self.user = user
        self.premises = premises
        role = user.role
        contentGUID = nil
        self.origin = origin
        isVisitor = false
    }

    /// Somebody who sent an API key.
    init(user: UserRecord, key: APIKeyRecord, origin: Origin) {
        self.user = user
        // A key that is for one content publishes that content and does nothing else, whoever's it is.
        let most = key.contentGUID == nil ? Role.administrator : .publisher
        role = min(user.role, key.role, most)
        contentGUID = key.contentGUID
        self.origin = origin.through(.key(key.id))
        isVisitor = key.visitor != nil
        premises = [.active(user.guid, atLeast: role), .key(key.id)]
    }

    /// - Throws: `Refusal` 22 for a key that content holds: it must not become one that lasts longer, or reaches further.
    public func requireOwnCredential(to what: String) throws(Refusal) {
        guard contentGUID == nil, !isVisitor else {
            throw Refusal(.permissionDenied, "A key that content holds cannot \(what): use a key of your own.")
        }
    }

    /// - Throws: `Refusal` 22 for a key that is for one content: the rest of its owner is none of its business.
    public func requireAllOfTheUser(to what: String) throws(Refusal) {
        guard contentGUID == nil else {
            throw Refusal(.permissionDenied, "A key that is for one content cannot \(what): use a key of your own.")
        }
    }

    func require(_ minimum: Role) throws(Refusal) {
        guard role >= minimum else {
            throw Refusal(
                .permissionDenied,
                "This needs the role \(minimum.rawValue), and yours is \(role.rawValue): ask an administrator of the account."
            )
        }
    }
}

/// A caller who may publish.
public struct Publisher: Sendable {
    /// Who it is.
    public let caller: Caller

    /// - Throws: `Refusal` 22 where the caller's role is smaller.
    public init(_ caller: Caller) throws(Refusal) {
        try caller.require(.publisher)
        self.caller = caller
    }
}

/// A caller who may administer the account.
public struct Administrator: Sendable {
    /// Who it is.
    public let caller: Caller

    /// - Throws: `Refusal` 22 where the caller's role is smaller.
    public init(_ caller: Caller) throws(Refusal) {
        try caller.require(.administrator)
        self.caller = caller
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
