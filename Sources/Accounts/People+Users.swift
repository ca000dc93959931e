public import Cryptography
import JSON
public import Storage

extension People {
    /// Without a sign-in or a use of a key for so long, somebody counts as inactive.
    public static let activityPeriod = Duration.seconds(365 * 24 * 60 * 60)

    /// What may be given when a user is created or changed; nil leaves what is there.
    public struct Fields: Sendable {
        /// Unique in the account, compared without regard to case; people sign in with it.
        public var email: String?
        /// Unique in the account, compared without regard to case; the email where none is given.
        public var username: String?
        /// The first name.
        public var firstName: String?
        /// The last name.
        public var lastName: String?
        /// What the person may do; a viewer where nothing is said.
        public var role: Role?
        /// What another directory calls the person.
        public var uniqueID: String?

        /// Nothing is given.
        public init() {}
    }

    /// Adds a person: with a password, who can sign in at once; without one, who gets an invite.
    ///
    /// - Returns: the person, and what the invite link carries; it is shown this one time.
    public func create(
        _ fields: Fields, password: SecretString?, by admin: Administrator
    ) async throws(Refusal) -> (user: UserRecord, invite: SecretString?) {
        guard let email = fields.email else {
            throw .invalid("email", "email is missing: people sign in with it.")
        }
        let now = clock.now
        var given = fields
        given.username = fields.username ?? email
        let changes = try Self.changes(given)
        let blank = UserRecord(guid: account.makeGUID(), email: "", username: "", role: .viewer, at: now)
        var user = changes.applied(to: blank)
        if let password {
            try Self.check(password: password)
            user.passwordHash = try await hasher.hash(
                password, for: account.fingerprint, from: admin.caller.origin)
            await hashed()
        }
        let token = password == nil ? Self.makeSecret(for: account.fingerprint) : nil
        let new = user
        let event = admin.event(
            .userCreated, at: now, subject: new.guid,
            details: [
                "email": .string(new.email), "username": .string(new.username), "role": .string(new.role.rawValue),
            ]
        )
        try await Self.storing(new) { () throws(StoreError) in
            try await account.store.addUser(
                new, key: nil, keyHash: nil, inviteHash: token.map { SHA256.hash($0.reveal()) },
                inviteExpiresAt: token.map { _ in now + Self.inviteLifetime }, noting: event
            )
        }
        return (new, token)
    }

    /// The users that a filter lets through, oldest first.
    public func page(
        _ filter: UserFilter, _ request: PageRequest, for reader: some ReadsAsPublisher
    ) async throws(Refusal) -> RecordPage<UserRecord> {
        try await attempt { () throws(StoreError) in try await account.store.users(matching: filter, request) }
    }

    /// A filter that lets everybody through, and knows since when somebody has to have been active.
    public var everybody: UserFilter { UserFilter(activeSince: clock.now - Self.activityPeriod) }

    /// Changes a user: an administrator everything, everybody else their own first and last name.
    ///
    /// - Returns: the user, and the new invite's token where the one before went to another address.
    public func update(
        _ guid: GUID, _ fields: Fields, by caller: Caller
    ) async throws(Refusal) -> (user: UserRecord, invite: SecretString?) {
        let person = try Person(caller)
        guard caller.role == .administrator || guid == caller.user.guid else {
            throw Refusal(.permissionDenied, "Only an administrator of the account may change other users.")
        }
        let before = try await user(guid, for: caller)
        // What the caller names as it is must not be written: it may have been taken from them since it was read.
        let changes = try Self.changes(fields).beside(before)
        let user = changes.applied(to: before)
        guard user != before else { return (before, nil) }
        if caller.role < .administrator { try Self.requireOnlyNames(before, user) }
        guard guid != caller.user.guid || user.role >= before.role else {
            throw Refusal(.permissionDenied, "You cannot take your own role away: ask another administrator.")
        }
        let event = person.event(
            .userUpdated, at: clock.now, subject: guid,
            details: [
                "email": .string(user.email), "username": .string(user.username), "role": .string(user.role.rawValue),
            ]
        )
        let stored = try await Self.storing(user) { () throws(StoreError) in
            try await account.store.changeUser(guid, changes, at: clock.now, noting: event)
        }
        guard stored.email != before.email, stored.passwordHash == nil else { return (stored, nil) }
        return (stored, try await inviteAgain(stored, by: try Administrator(caller)))
    }

    /// The path of the page where an invite is accepted.
    public func invitePath(_ token: SecretString) -> String {
        "/accounts/\(account.slug)/invite?token=\(token.reveal())"
    }

    private static func requireOnlyNames(
        _ before: UserRecord, _ after: UserRecord
    ) throws(Refusal) {
        var named = before
        named.firstName = after.firstName
        named.lastName = after.lastName
        guard named == after else {
            throw Refusal(
                .permissionDenied, "You may change your first and last name: for the rest ask an administrator.")
        }
    }

    private static func changes(_ fields: Fields) throws(Refusal) -> UserChanges {
        var changes = UserChanges()
        if let email = fields.email { changes.email = try TextRules.email(email) }
        if let username = fields.username { changes.username = try TextRules.username(username) }
        if let name = fields.firstName { changes.firstName = try TextRules.line(name, field: "first_name") }
        if let name = fields.lastName { changes.lastName = try TextRules.line(name, field: "last_name") }
        if let text = fields.uniqueID { changes.uniqueID = try TextRules.line(text, field: "unique_id", minimum: 1) }
        changes.role = fields.role
        return changes
    }

    private static func storing<Value>(
        _ user: UserRecord, _ verb: () async throws(StoreError) -> Value
    ) async throws(Refusal) -> Value {
        do throws(StoreError) {
            return try await verb()
        } catch {
            switch error.code {
            case .conflict("email"):
                throw .invalid("email", "There is a user with the email \(user.email) already: choose another.")
            case .conflict("username"):
                throw .invalid("username", "There is a user called \(user.username) already: choose another username.")
            default: throw Refusal(error)
            }
        }
    }
}
