public import Cryptography
import JSON
public import Storage

/// The people of one account: who they are, how they prove it, what they may do.
public struct People: Sendable {
    /// How long an invite works.
    public static let inviteLifetime = Duration.seconds(7 * 24 * 60 * 60)
    /// How long a browser stays signed in.
    public static let sessionLifetime = Duration.seconds(12 * 60 * 60)
    /// How often one person may sign in with a password in fifteen minutes.
    static let maximumSignIns = 60
    /// Passwords have no other rule: length is what counts.
    public static let minimumPasswordLength = 10
    private static let maximumPasswordLength = 1024
    /// How long a password may be, in characters where they are ASCII.
    public static let passwordLengths = minimumPasswordLength...maximumPasswordLength

    let account: OpenAccount
    let clock: WallClock
    let hasher: PasswordHasher
    let limiter: AttemptLimiter
    /// Called after each hash of a password, before its result is used: tests hold this step.
    let hashed: @Sendable () async -> Void
    /// Writes a line into the audit some time soon; waits for nothing.
    let note: @Sendable (EventRecord) -> Void

    /// The people of an account.
    public init(
        account: OpenAccount, clock: WallClock, hasher: PasswordHasher, limiter: AttemptLimiter,
        hashed: @escaping @Sendable () async -> Void = {}, noting note: @escaping @Sendable (EventRecord) -> Void
    ) {
        self.account = account
        self.clock = clock
        self.hasher = hasher
        self.limiter = limiter
        self.hashed = hashed
        self.note = note
    }

    /// A person who was just added, with what is shown this one time.
    public struct Invitation: Sendable {
        /// The person.
        public let user: UserRecord
        /// The first API key.
        public let apiKey: SecretString
        /// What the invite link carries.
        public let token: SecretString
    }

    /// Adds a person, with an API key and an invite.
    public func invite(
        email: String, role: Role, firstName: String = "", lastName: String = "", by admin: Administrator
    ) async throws(Refusal) -> Invitation {
        let now = clock.now
        let email = try TextRules.email(email)
        let user = UserRecord(
            guid: account.makeGUID(), email: email, username: email,
            firstName: try TextRules.line(firstName, field: "first_name"),
            lastName: try TextRules.line(lastName, field: "last_name"), role: role, at: now
        )
        let key = APIKey.make(for: account.fingerprint)
        let token = Self.makeSecret(for: account.fingerprint)
        let record = APIKeyRecord(
            userGUID: user.guid, name: "first key", role: role, hint: APIKey.hint(key), createdAt: now)
        do throws(StoreError) {
            try await account.store.addUser(
                user, key: record, keyHash: APIKey.hash(key), inviteHash: SHA256.hash(token.reveal()),
                inviteExpiresAt: now + Self.inviteLifetime,
                noting: admin.event(
                    .userCreated, at: now, subject: user.guid,
                    details: ["email": .string(email), "role": .string(role.rawValue)]
                )
            )
        } catch {
            throw error.code == .conflict("email") || error.code == .conflict("username")
                ? .invalid("email", "There is a user with the email \(email) already.") : Refusal(error)
        }
        return Invitation(user: user, apiKey: key, token: token)
    }

    /// A new invite in the place of whatever the person had, for a lost link or a forgotten password.
    public func inviteAgain(_ user: UserRecord, by admin: Administrator) async throws(Refusal) -> SecretString {
        let token = Self.makeSecret(for: account.fingerprint)
        try await attempt { () throws(StoreError) in
            try await account.store.replaceInvite(
                of: user.guid, hash: SHA256.hash(token.reveal()), expiresAt: clock.now + Self.inviteLifetime,
                noting: admin.event(.userInvited, at: clock.now, subject: user.guid)
            )
        }
        return token
    }

    /// The user an invite is for, while it is valid.
    ///
    /// - Throws: `Refusal` 50 where that user is locked: only they have the invite, so they are told.
    public func invitedUser(_ token: SecretString) async throws(Refusal) -> UserRecord? {
        let user = try await attempt { () throws(StoreError) in
            try await account.store.invitedUser(hash: SHA256.hash(token.reveal()), at: clock.now)
        }
        guard user?.isLocked != true else { throw Self.locked }
        return user
    }

    /// Uses an invite up, sets the password, and signs the person in.
    public func acceptInvite(
        _ token: SecretString, password: SecretString, from origin: Origin
    ) async throws(Refusal) -> SignIn {
        try Self.check(password: password)
        let gone = Refusal(
            .parameter, "This invite was used already or is too old: ask your administrator for a new one.")
        guard let invited = try await invitedUser(token) else { throw gone }
        guard try await mayUsePassword(invited) else { throw Self.passwordsOff }
        let hash = try await hasher.hash(password, for: account.fingerprint, from: origin)
        await hashed()
        let event = Caller(user: invited, origin: origin).note(.passwordSet, at: clock.now, subject: invited.guid)
            .on(.passwordCounts(of: invited.guid))
        let user: UserRecord?
        do throws(StoreError) {
            user = try await account.store.acceptInvite(
                hash: SHA256.hash(token.reveal()), passwordHash: hash, at: clock.now, noting: event)
        } catch {
            switch error.code {
            case .lapsed(.locked): throw Self.locked
            case .lapsed(.password): throw Self.passwordsOff
            default: throw Refusal(error)
            }
        }
        guard let user else { throw gone }
        return try await openSession(for: user, from: origin, on: [.passwordHash(of: user.guid, hash)])
    }

    private static let passwordsOff = Refusal(
        .prohibitedChange,
        "Passwords are off in this account: you need none. Go to the sign-in page and use single sign-on.")

    /// All users, oldest first: for the operator's lists, which have no pages.
    public func all(for publisher: Publisher) async throws(Refusal) -> [UserRecord] {
        try await attempt { () throws(StoreError) in try await account.store.users() }
    }

    /// One user. Viewers see themselves alone.
    public func user(_ guid: GUID, for caller: Caller) async throws(Refusal) -> UserRecord {
        if guid != caller.user.guid { _ = try PublisherReader(caller) }
        let user = try await attempt { () throws(StoreError) in try await account.store.user(guid) }
        guard let user else { throw .notFound("user") }
        return user
    }

    /// One user by email.
    public func user(email: String, for admin: Administrator) async throws(Refusal) -> UserRecord {
        let user = try await attempt { () throws(StoreError) in try await account.store.user(email: email) }
        guard let user else { throw .notFound("user") }
        return user
    }

    /// Locks or unlocks a user. A locked user's keys, browser sessions and content sessions stop at once.
    public func setLocked(_ locked: Bool, user guid: GUID, by admin: Administrator) async throws(Refusal) -> UserRecord
    {
        let user = try await user(guid, for: admin.caller)
        guard !(locked && guid == admin.caller.user.guid) else {
            throw Refusal(.permissionDenied, "You cannot lock yourself: ask another administrator.")
        }
        guard user.isLocked != locked else { return user }
        var changes = UserChanges()
        changes.isLocked = locked
        let change = changes
        let event = admin.event(locked ? .userLocked : .userUnlocked, at: clock.now, subject: guid)
        return try await attempt { () throws(StoreError) in
            try await account.store.changeUser(guid, change, at: clock.now, noting: event)
        }
    }

    static func check(password: SecretString) throws(Refusal) {
        guard password.reveal().count >= minimumPasswordLength else {
            throw .invalid("password", "A password must have \(minimumPasswordLength) characters or more.")
        }
        guard password.utf8Count <= maximumPasswordLength else {
            throw .invalid("password", "A password must have \(maximumPasswordLength) bytes or less.")
        }
    }

    /// A fresh 256-bit secret that names its account.
    static func makeSecret(for tenant: TenantFingerprint) -> SecretString {
        SecretString("\(tenant).\(Base64URL.encode(SecureRandom.bytes(32)))")
    }
}

/// Runs a verb of the store and turns its failures into refusals.
public func attempt<Value>(_ verb: () async throws(StoreError) -> Value) async throws(Refusal) -> Value {
    do throws(StoreError) { return try await verb() } catch { throw Refusal(error) }
}

extension OpenAccount {
    /// Judges again, after a slow step, what allowed it: for results that are handed out and not written.
    ///
    /// - Throws: `Refusal` for the first premise that does not hold.
    public func require(_ premises: [Premise], at now: Timestamp) async throws(Refusal) {
        try await attempt { () throws(StoreError) in try await store.require(premises, at: now) }
    }
}
