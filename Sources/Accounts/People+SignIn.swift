public import Cryptography
public import JSON
public import Storage

/// Somebody who just signed in: the session and the secret that its cookie holds.
public struct SignIn: Sendable {
    /// The person.
    public let user: UserRecord
    /// What the cookie holds.
    public let secret: SecretString
    /// When it stops working.
    public let expiresAt: Timestamp
}

/// A browser that is signed in.
public struct BrowserIdentity: Sendable {
    /// The person.
    public let user: UserRecord
    /// The session.
    public let session: BrowserSessionRecord
    /// From where the request came.
    public let origin: Origin

    /// What the person may do.
    public var caller: Caller { Caller(user: user, session: .browserSession(session.hash), origin: origin) }
}

extension People {
    /// Signs in with email and password. Failures are counted per email and per address, and all look alike, in words and in
    /// time: but who has the right password and is locked reads that, for nobody else can know the password.
    public func signIn(email: String, password: SecretString, from origin: Origin) async throws(Refusal) -> SignIn {
        // Somebody's wrong guesses from elsewhere must not lock the owner out, and many guesses from many places neither
        // go on for ever: so each of these is counted, with its own limit.
        let person = "\(account.fingerprint) \(email.prefix(254).lowercased())"
        let networks = NetworkOrigin.networks(of: origin.address)
        let subjects =
            [
                (name: "\(person) from \(networks[0].name)", maximum: AttemptLimiter.maximumFailures),
                (name: person, maximum: AttemptLimiter.maximumFailures * 10),
            ]
            + networks.map { network in
                (name: "network \(network.name)", maximum: AttemptLimiter.maximumFailures * 5 * network.weight)
            }
        for subject in subjects { try limiter.check(subject.name, maximum: subject.maximum) }
        // Successful sign-ins are limited too, because each one costs a password hash.
        let successes = "\(person) signed in"
        try limiter.check(successes, maximum: Self.maximumSignIns)
        // Counted before the slow part, or a burst would be through before its first failure is known.
        for subject in subjects { limiter.count(subject.name) }
        let user = try await attempt { () throws(StoreError) in try await account.store.user(email: email) }
        let matches = try await hasher.verify(
            password, against: user?.passwordHash, for: account.fingerprint, from: origin)
        await hashed()
        let isAllowed = try await mayUsePassword(user)
        guard let user, let hash = user.passwordHash, matches, isAllowed, !user.isLocked else {
            if let user { noteFailure(of: user, from: origin) }
            // A wrong password asks for this, too, so that both answers take the same time.
            let mismatch = try await mismatch()
            guard let user, user.isLocked, matches, isAllowed else { throw mismatch }
            throw Self.locked
        }
        let signIn: SignIn
        do throws(StoreError) {
            // The hash took its time: a lock or another password may have come meanwhile.
            signIn = try await storeSession(
                for: user, from: origin, on: [.passwordHash(of: user.guid, hash), .passwordCounts(of: user.guid)])
        } catch {
            guard case .lapsed(let lapse) = error.code else { throw Refusal(error) }
            noteFailure(of: user, from: origin)
            if lapse == .locked { throw Self.locked }
            throw try await mismatch()
        }
        limiter.count(successes)
        limiter.succeed(subjects[0].name)
        for subject in subjects.dropFirst() { limiter.forgive(subject.name) }
        await renewHash(of: user, password: password, from: origin)
        return signIn
    }

    static let locked = Refusal(
        .userLocked, "You are locked: ask an administrator of the account to let you in again.")

    /// The one answer to every other sign-in that fails: whose password counts while passwords are off is not for everybody
    /// to find out.
    private func mismatch() async throws(Refusal) -> Refusal {
        Refusal(
            .authenticationRequired,
            try await arePasswordsOff()
                ? "That did not work: passwords are off in this account. Use single sign-on, or ask your administrator."
                : "Email and password do not match. Try again, or ask your administrator.")
    }

    /// A wrong guess for somebody there is; guesses at nobody are only counted, or anybody could fill the audit with names.
    ///
    /// The answer does not wait for the line: the time that the disk takes would tell that there is such a user.
    private func noteFailure(of user: UserRecord, from origin: Origin) {
        note(
            Caller(user: user, origin: origin).note(
                .signInFailed, .refused, at: clock.now, subject: user.guid, details: ["locked": .bool(user.isLocked)]))
    }

    /// Hashes the password again where its hash was made with parameters of earlier days.
    private func renewHash(of user: UserRecord, password: SecretString, from origin: Origin) async {
        guard let stored = user.passwordHash, Scrypt.needsRehash(stored) else { return }
        // A convenience: if it fails, the sign-in is as good, and the next one tries again.
        guard let hash = try? await hasher.hash(password, for: account.fingerprint, from: origin) else { return }
        try? await account.store.renewPasswordHash(of: user.guid, from: stored, to: hash)
    }

    /// Who a browser's cookie says it is; nil where it is no valid one.
    public func browser(_ secret: SecretString, from origin: Origin) async throws(Refusal) -> BrowserIdentity? {
        let found = try await attempt { () throws(StoreError) in
            try await account.store.browserSession(hash: SHA256.hash(secret.reveal()), at: clock.now)
        }
        guard let found, found.session.contentGUID == nil, !found.user.isLocked else { return nil }
        return BrowserIdentity(user: found.user, session: found.session, origin: origin)
    }

    /// Ends a browser session, and those at content origins that came from it.
    public func signOut(_ identity: BrowserIdentity) async throws(Refusal) {
        // The role and the session may have ended meanwhile, and signing out must be possible all the same.
        let event = Caller(user: identity.user, origin: identity.origin).note(
            .signedOut, at: clock.now, subject: identity.user.guid)
        do throws(StoreError) {
            try await account.store.endBrowserSession(hash: identity.session.hash, noting: event)
        } catch {
            // A lock has ended the session already.
            guard case .lapsed = error.code else { throw Refusal(error) }
        }
    }

    /// Whether passwords are refused, but for those who are named for emergencies.
    public func arePasswordsOff() async throws(Refusal) -> Bool {
        try await attempt { () throws(StoreError) in try await account.store.arePasswordsOff() }
    }

    /// Whether a password of that user counts. It is asked of nobody, too, so that a guess takes as long.
    func mayUsePassword(_ user: UserRecord?) async throws(Refusal) -> Bool {
        let guid = user?.guid ?? account.makeGUID()
        return try await attempt { () throws(StoreError) in try await account.store.mayUsePassword(guid) }
    }

    /// Signs somebody in who proved elsewhere who they are.
    ///
    /// - Parameters:
    ///   - details: how, for the audit.
    ///   - premises: what that proof rests on; judged again with the write.
    public func openSession(
        for user: UserRecord, from origin: Origin, details: JSONObject = [:], on premises: [Premise]
    ) async throws(Refusal) -> SignIn {
        try await attempt { () throws(StoreError) in
            try await storeSession(for: user, from: origin, details: details, on: premises)
        }
    }

    private func storeSession(
        for user: UserRecord, from origin: Origin, details: JSONObject = [:], on premises: [Premise]
    ) async throws(StoreError) -> SignIn {
        let secret = Self.makeSecret(for: account.fingerprint)
        let now = clock.now
        let session = BrowserSessionRecord(
            hash: SHA256.hash(secret.reveal()), userGUID: user.guid, expiresAt: now + Self.sessionLifetime
        )
        let event = Caller(user: user, origin: origin).note(.signedIn, at: now, subject: user.guid, details: details)
            .on(premises)
        try await account.store.openBrowserSession(session, at: now, noting: event)
        return SignIn(user: user, secret: secret, expiresAt: session.expiresAt)
    }
}
