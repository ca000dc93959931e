public import Storage

/// An authenticated caller.
///
/// The types in `Proofs.swift` prove what a caller may do, and a function takes the proof that it needs. A function that
/// takes a `Caller` accepts every key, the content's own key included, and must check the caller itself. It cannot write
/// the audit line of a change, because only the proofs of the right to change can.
public struct Caller: Sendable {
    /// The kind of credential that the caller sent.
    public enum Credential: Sendable, Equatable {
        /// A browser's session, a command of the operator, or a key that the person made for themselves.
        case own
        /// The key that a content holds for itself: it reads its content and exchanges session tokens.
        case content(GUID)
        /// The key of a visitor, which a content holds for an hour (template `connect`).
        case visitor(VisitorKeyOrigin)
    }

    /// The person.
    public let user: UserRecord
    /// What the person may do here: the key's role, where a key was used, and never more than the user's.
    public let role: Role
    /// What they proved it with.
    public let credential: Credential
    /// By which way and from where they came.
    public let origin: Origin
    /// Conditions of every action of the caller: not locked, the same role, a key or session that has not ended. Each write
    /// checks them again.
    public let premises: [Premise]

    /// A caller without a stored credential: the operator, or a user during sign-in.
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
        credential = .own
        self.origin = origin
    }

    /// Somebody who sent an API key.
    init(user: UserRecord, key: APIKeyRecord, origin: Origin) {
        self.user = user
        // A key that is for one content acts for that content and does nothing else, whoever's it is.
        let most = key.contentGUID == nil ? Role.administrator : .publisher
        role = min(user.role, key.role, most)
        credential = key.contentGUID.map(Credential.content) ?? key.visitor.map(Credential.visitor) ?? .own
        self.origin = origin.through(.key(key.id))
        premises = [.active(user.guid, atLeast: role), .key(key.id)]
    }

    /// The only content that the key is for; nil: all that the user may.
    public var contentGUID: GUID? { if case .content(let guid) = credential { guid } else { nil } }

    /// Where the visitor's key comes from; nil where it is none.
    public var visit: VisitorKeyOrigin? { if case .visitor(let origin) = credential { origin } else { nil } }

    func require(_ minimum: Role) throws(Refusal) {
        guard role >= minimum else {
            throw Refusal(
                .permissionDenied,
                "This needs the role \(minimum.rawValue), and yours is \(role.rawValue): ask an administrator of the account."
            )
        }
    }
}
