public import Cryptography
import JSON
public import Storage

/// Sessions of an IDE, in the way of Posit Workbench: whoever holds the cookie gets the access tokens of its user.
public struct WorkbenchSessions: Sendable {
    /// How many hours a session may last.
    public static let hours = 1...720
    /// How many it lasts unless told otherwise.
    public static let usualHours = 24
    /// How often the time of a session's last use is written down.
    private static let touchInterval = Duration.seconds(60 * 60)

    let account: OpenAccount
    let clock: WallClock
    private let key: SecretBytes

    /// The Workbench sessions of an account.
    public init(account: OpenAccount, clock: WallClock) throws {
        self.account = account
        self.clock = clock
        key = try account.vault.derivedKey(purpose: "workbench-cookie")
    }

    /// A session that was just made, with what is shown this one time.
    public struct Opened: Sendable {
        /// The session.
        public let session: WorkbenchSessionRecord
        /// What the IDE sends.
        public let cookie: SecretString
    }

    /// Makes a session for the caller, or for somebody else where the operator asks.
    ///
    /// - Parameters:
    ///   - user: whose it is to be; nil: the caller's.
    ///   - hours: how long it lasts.
    public func open(for user: GUID?, hours: Int, by caller: Caller) async throws(Refusal) -> Opened {
        let person = try Person(caller)
        guard Self.hours.contains(hours) else {
            throw .invalid(
                "hours", "hours must be a number from \(Self.hours.lowerBound) to \(Self.hours.upperBound).")
        }
        let owner = user ?? caller.user.guid
        // Whoever holds the cookie gets the user's tokens: being an administrator of the account is no reason for that.
        guard owner == caller.user.guid || caller.origin.door == .command else {
            throw Refusal(
                .permissionDenied,
                "A Workbench session is its user's: they open it themselves, or the operator of this server does.")
        }
        let found = try await attempt { () throws(StoreError) in try await account.store.user(owner) }
        guard let found else { throw .invalid("user_guid", "user_guid must name a user of this account.") }
        guard !found.isLocked else { throw .invalid("user_guid", "This user is locked: unlock them first.") }
        let now = clock.now
        let expiresAt = now + .seconds(hours * 60 * 60)
        let cookie = WorkbenchCookie.make(for: account.fingerprint, expiresAt: expiresAt, key: key)
        let session = WorkbenchSessionRecord(
            guid: account.makeGUID(), hash: SHA256.hash(cookie.reveal()), userGUID: owner, createdAt: now,
            expiresAt: expiresAt
        )
        let event = person.event(
            .workbenchSessionCreated, at: now, subject: session.guid,
            details: [
                "user_guid": .string(owner.description), "expires_at": .string(expiresAt.description),
            ]
        ).on(.active(owner, atLeast: .viewer))
        try await attempt { () throws(StoreError) in
            try await account.store.addWorkbenchSession(session, at: now, noting: event)
        }
        return Opened(session: session, cookie: cookie)
    }

    /// The caller's own sessions.
    public func own(_ caller: Caller) async throws(Refusal) -> [WorkbenchSessionRecord] {
        _ = try Reader(caller)
        return try await attempt { () throws(StoreError) in
            try await account.store.workbenchSessions(of: caller.user.guid, at: clock.now)
        }
    }

    /// Everybody's sessions.
    public func all(for reader: some ReadsAsAdministrator) async throws(Refusal) -> [WorkbenchSessionRecord] {
        try await attempt { () throws(StoreError) in
            try await account.store.workbenchSessions(of: nil, at: clock.now)
        }
    }

    /// Ends a session: the caller's own, or any for administrators. Somebody else's is as good as none.
    public func end(_ guid: GUID, by caller: Caller) async throws(Refusal) {
        let person = try Person(caller)
        let sessions = caller.role == .administrator ? try await all(for: Administrator(caller)) : try await own(caller)
        guard let session = sessions.first(where: { $0.guid == guid }) else { throw .notFound("Workbench session") }
        let event = person.event(
            .workbenchSessionEnded, at: clock.now, subject: guid,
            details: ["user_guid": .string(session.userGUID.description)])
        let removed = try await attempt { () throws(StoreError) in
            try await account.store.removeWorkbenchSession(guid, noting: event)
        }
        guard removed else { throw .notFound("Workbench session") }
    }

    /// Who sent a cookie.
    ///
    /// - Throws: `Refusal` 24 where the cookie is not one of this account, ended or expired; 50 where its user is locked.
    public func caller(cookie: SecretString, from origin: Origin) async throws(Refusal) -> Caller {
        guard WorkbenchCookie.isGenuine(cookie.reveal(), key: key) else { throw Self.invalidCookie }
        let now = clock.now
        let found = try await attempt { () throws(StoreError) in
            try await account.store.workbenchSession(hash: SHA256.hash(cookie.reveal()), at: now)
        }
        guard let (session, user) = found else { throw Self.invalidCookie }
        guard !user.isLocked else {
            throw Refusal.userLocked
        }
        if session.activeAt.map({ $0 + Self.touchInterval <= now }) ?? true {
            // The time of last use is a convenience: a disk that is full must not keep anybody out.
            try? await account.store.touchWorkbenchSession(session.guid, at: now)
        }
        return Caller(user: user, session: .workbenchSession(session.hash), origin: origin.through(.workbench))
    }

    /// The cookie is none of this server's, or its session is over.
    public static let invalidCookie = Refusal(
        .authenticationRequired,
        "The RPC cookie is not valid: start a new Workbench session, which POST v1/workbench/sessions or gatehouse workbench session makes."
    )
}
