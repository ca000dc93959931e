public import JSON
public import Storage

/// Why something asked for was not done: a code for programs, a sentence for people that says what to do next.
///
/// The sentence may quote what the caller sent only where it is short and no secret.
public struct Refusal: Error, Equatable, CustomStringConvertible {
    /// The code.
    public let code: ErrorCode
    /// The sentence.
    public let message: String
    /// The field it is about, where there is one.
    public let field: String?
    /// What else a program may want to know.
    public let payload: JSONObject?
    /// After how many seconds it makes sense to try again.
    public let retryAfter: Int64?
    /// What the log is told beside the code; never part of an answer.
    public let cause: String?

    /// A refusal with these values.
    public init(
        _ code: ErrorCode, _ message: String, field: String? = nil, payload: JSONObject? = nil,
        retryAfter: Int64? = nil, cause: String? = nil
    ) {
        self.code = code
        self.message = message
        self.field = field
        self.payload = payload
        self.retryAfter = retryAfter
        self.cause = cause
    }

    /// The sentence.
    public var description: String { message }

    /// There is no such object in this account, or the caller may not know of it.
    public static func notFound(_ what: String) -> Refusal {
        Refusal(.objectDoesNotExist, "There is no such \(what) in this account.")
    }

    /// The key is not one of this server, or expired.
    public static let invalidKey = Refusal(
        .authenticationRequired,
        "This API key is not valid: create one in your account and send it as `Authorization: Key ...`."
    )

    /// A sealed value of the account cannot be opened: the master key is another one, or the file is damaged.
    public static func unreadable(_ what: String, _ error: any Error) -> Refusal {
        Refusal(
            .accountUnavailable, "A stored \(what) cannot be opened: tell the operator of this server.",
            cause: "a stored \(what) cannot be opened: \(error)")
    }

    /// The caller's user is locked.
    public static let userLocked = Refusal(
        .userLocked, "This user is locked: ask an administrator of the account.")

    /// A field is wrong.
    public static func invalid(_ field: String, _ message: String, code: ErrorCode = .parameter) -> Refusal {
        Refusal(code, message, field: field, payload: ["field": .string(field)])
    }

    /// Content and groups cannot be given to that user.
    static let noNewOwner = Refusal.invalid("owner_guid", "owner_guid must name a publisher of this account.")

    /// What a failure of the store means to whoever asked. Its own sentence is for the log.
    public init(_ error: StoreError) {
        switch error.code {
        case .conflict(let column):
            self = .invalid(column, "That \(column.replacing("_", with: " ")) is taken: choose another.")
        case .notFound: self = .notFound("object")
        case .stale:
            self.init(
                .prohibitedChange, "Somebody else changed this at the same time: read it again and repeat your change.")
        case .lapsed(let lapse): self.init(lapse)
        case .needsViewers(let content, let authType):
            self.init(
                .association,
                "A \(authType) integration needs viewers who sign in: set the access_type of content \(content) to acl or logged_in first.",
                payload: ["content_guid": .string(content.description)])
        case .quota(let quota, let limit):
            let (holder, things) = quota.words
            self.init(
                .quotaReached,
                "\(holder) can have \(quota.amount(limit)) \(things) at most: delete what is not needed, or ask the operator of this server.",
                payload: ["quota": .string(quota.rawValue), "limit": .integer(Int64(limit))])
        case .diskNearlyFull:
            self.init(
                .insufficientStorage,
                "The disk of this server is nearly full, and what is left is not for bundles: tell the operator of this server.",
                cause: error.description
            )
        case .lastAdministrator:
            self.init(
                .parameter,
                "This is the last administrator who is not locked: make somebody else an administrator first.")
        case .lastBreakGlass:
            self.init(
                .parameter,
                "While passwords are off, an administrator must be left who can use one all the same: name another for "
                    + "emergencies first, one who has a password and is not locked.")
        case .busy: self.init(.accountUnavailable, Self.busy, retryAfter: Self.busySeconds, cause: error.description)
        case .cannotWrite, .damaged, .newerSchema:
            self.init(
                .accountUnavailable,
                "This account cannot be read or written for now: tell the operator of this server.",
                cause: error.description
            )
        case .failed:
            self.init(
                .internalFailure, "Something failed on this server: tell its operator the correlation id.",
                cause: error.description)
        }
    }

    /// The message while another program locks an account's file.
    public static let busy =
        "Another program on the server holds this account's file for now: try again in a few seconds."
    /// Seconds for `Retry-After`. The server has waited about as long itself.
    public static let busySeconds: Int64 = 5

    /// The refusal for a premise that no longer holds.
    private init(_ lapse: Lapse) {
        switch lapse {
        case .locked: self = .userLocked
        case .credential:
            self.init(
                .authenticationRequired,
                "Your API key or session ended while this was done, so nothing was changed: use another key, or sign in "
                    + "again.")
        case .right:
            self.init(
                .permissionDenied,
                "Your rights changed while this was done, so nothing was changed: ask an administrator of the account.")
        case .newOwner: self = .noNewOwner
        case .password:
            self.init(.authenticationRequired, "The password was changed while you signed in: use the new one.")
        case .singleSignOn:
            self.init(
                .loginNotPossible,
                "Single sign-on was changed while you signed in: go to the sign-in page and begin again.")
        case .gone: self = .notFound("object")
        case .changed: self.init(StoreError(.stale, ""))
        }
    }
}
