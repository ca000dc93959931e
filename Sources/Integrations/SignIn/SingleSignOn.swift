public import Accounts
public import Cryptography
import HTTPClient
import JSON
import Logging
import OAuthClient
public import Storage

/// Sign-in at the company's identity provider: its settings, who is who there, and the way there and back.
///
/// Whoever decides where people sign in decides who they are. So settings are tested before they are in force, each change
/// is in the audit, and people are known by issuer and subject, so that another issuer begins with nobody.
public struct SingleSignOn: Sendable {
    let account: OpenAccount
    let clock: WallClock
    let address: PublicAddress
    let outbound: OutboundPolicy
    let transport: any HTTPTransport
    let hosts: CircuitBreaker
    let people: People
    let journal: Journal
    let limiter: AttemptLimiter
    let desk: IssuerDesk
    let logger: Logger

    /// Who turns passwords off has signed in with single sign-on within this time.
    private static let testLifetime = Duration.seconds(60 * 60)

    init(account: OpenAccount, world: World, people: People, journal: Journal) {
        self.account = account
        clock = world.clock
        address = world.address
        outbound = world.outbound
        transport = world.transport
        hosts = world.hosts
        self.people = people
        self.journal = journal
        limiter = world.limiter
        logger = world.logger
        desk = IssuerDesk(clock: world.monotonic, policy: world.outbound, transport: world.transport)
    }

    /// What an administrator sees.
    public struct Overview: Sendable {
        /// What is being prepared; nil where nothing was typed yet.
        public let draft: SingleSignOnSettings?
        /// Whether the draft has a client secret.
        public let hasSecret: Bool
        /// What is in force; nil where single sign-on is off.
        public let live: SingleSignOnSettings?
        /// Whether the draft is what is in force.
        public let isDraftLive: Bool
        /// Whether passwords are off.
        public let isOnly: Bool
        /// Who may use a password all the same.
        public let breakGlass: [UserRecord]
        /// The administrator's test of the draft, where it is of its present state.
        public let test: SignInTestRecord?
        /// Whether the administrator is connected with the issuer that is in force.
        public let isConnected: Bool
        /// The groups that rules of the draft name.
        public let groupNames: [GUID: String]
    }

    /// What is configured, and how far the administrator has come.
    public func overview(for admin: Administrator) async throws(Refusal) -> Overview {
        let caller = admin.caller.user.guid
        let record = try await stored()
        let draft = record.map { SingleSignOnSettings(stored: $0.draft.settings) }
        let live = record?.live.map { SingleSignOnSettings(stored: $0.settings) }
        let test = try await attempt { () throws(StoreError) in try await account.store.signInTest(of: caller) }
        var isConnected = false
        if let live { isConnected = try await identity(of: caller, at: live.issuer) != nil }
        var names: [GUID: String] = [:]
        for rule in draft?.groups ?? [] {
            let group = try await attempt { () throws(StoreError) in try await account.store.group(rule.group) }
            names[rule.group] = group?.name
        }
        return Overview(
            draft: draft, hasSecret: record?.draft.sealedSecret != nil, live: live,
            isDraftLive: record != nil && record?.live?.version == record?.draft.version,
            isOnly: record?.isOnly ?? false,
            breakGlass: try await attempt { () throws(StoreError) in try await account.store.breakGlassUsers() },
            test: test?.settingsVersion == record?.draft.version ? test : nil, isConnected: isConnected,
            groupNames: names)
    }

    /// What somebody who is to sign in sees: the words of the button, nil where there is none; and whether passwords are off.
    public func offer() async throws(Refusal) -> (label: String?, isOnly: Bool) {
        let record = try await stored()
        return (record?.live.map { SingleSignOnSettings(stored: $0.settings).label }, record?.isOnly ?? false)
    }

    /// Keeps settings, to be tested. They are looked up at the issuer first, so that what is kept can work.
    ///
    /// - Parameter secret: nil keeps the one there is, which is good for the same issuer and client alone.
    public func save(
        _ fields: SingleSignOnSettings.Fields, secret: SecretString?, by admin: Administrator
    ) async throws(Refusal) {
        let settings = try await SingleSignOnSettings(fields) { name async throws(Refusal) in
            try await group(called: name)
        }
        _ = try await usableMetadata(of: settings, anew: true)
        let record = try await stored()
        let sealed = try seal(secret, for: settings, after: record?.draft)
        let draft = SingleSignOnState(
            version: max(record?.draft.version ?? 0, record?.live?.version ?? 0) + 1, settings: settings.stored,
            sealedSecret: sealed)
        if let before = record?.draft, before.settings == draft.settings, before.sealedSecret == sealed { return }
        var changed = record ?? SingleSignOnRecord(draft: draft, updatedAt: clock.now)
        changed.draft = draft
        try await store(changed, "settings", settings, by: admin)
    }

    /// Puts the draft in force, after the administrator has signed in with it, and connects them with who they are there.
    public func use(by admin: Administrator) async throws(Refusal) {
        guard var record = try await stored() else { throw Self.nothingYet }
        let test = try await passedTest(of: record.draft, by: admin)
        try await connect(test, by: admin)
        guard record.live != record.draft else { return }
        record.live = record.draft
        try await store(record, "in_force", SingleSignOnSettings(stored: record.draft.settings), by: admin)
    }

    /// Puts the draft in force without a test: for the operator, who has no browser session here.
    public func useUntested(by operator: Administrator) async throws(Refusal) -> Bool {
        guard var record = try await stored() else { throw Self.nothingYet }
        guard record.live != record.draft else { return false }
        record.live = record.draft
        try await store(record, "in_force", SingleSignOnSettings(stored: record.draft.settings), by: `operator`)
        return true
    }

    /// Turns single sign-on off, and passwords on again. Who is connected stays so.
    public func turnOff(by admin: Administrator) async throws(Refusal) {
        guard var record = try await stored(), let live = record.live else { return }
        record.live = nil
        record.isOnly = false
        try await store(record, "off", SingleSignOnSettings(stored: live.settings), by: admin)
    }

    /// Turns passwords off, or on again. Nobody can lock the account out: whoever turns them off has just signed in with what
    /// is in force, is connected, and an administrator is left who may use a password.
    public func setOnly(_ isOnly: Bool, by admin: Administrator) async throws(Refusal) {
        guard var record = try await stored(), let live = record.live else {
            guard isOnly else { return }
            throw Refusal(
                .prohibitedChange, "Single sign-on is not in force yet: test the settings and use them first.")
        }
        guard record.isOnly != isOnly else { return }
        let settings = SingleSignOnSettings(stored: live.settings)
        if isOnly, admin.caller.origin.door != .command {
            let test = try await passedTest(of: live, by: admin)
            guard clock.now < test.at + Self.testLifetime else {
                throw Refusal(
                    .prohibitedChange, "Your test is more than an hour old: test again, then turn passwords off.")
            }
            let identity = try await identity(of: admin.caller.user.guid, at: settings.issuer)
            guard identity?.subject == test.subject else {
                throw Refusal(
                    .prohibitedChange,
                    "You are not connected with the identity provider yet: test it, and connect yourself.")
            }
        }
        record.isOnly = isOnly
        try await store(record, isOnly ? "passwords_off" : "passwords_on", settings, by: admin)
    }

    private func passedTest(
        of state: SingleSignOnState, by admin: Administrator
    ) async throws(Refusal) -> SignInTestRecord {
        let caller = admin.caller.user.guid
        let test = try await attempt { () throws(StoreError) in try await account.store.signInTest(of: caller) }
        guard let test, test.settingsVersion == state.version else {
            throw Refusal(.prohibitedChange, "Test these settings first: sign in with them once.")
        }
        return test
    }

    func store(
        _ record: SingleSignOnRecord, _ change: String, _ settings: SingleSignOnSettings, by admin: Administrator
    ) async throws(Refusal) {
        var record = record
        record.updatedAt = clock.now
        let changed = record
        let event = admin.event(
            .singleSignOnChanged, at: clock.now,
            details: [
                "change": .string(change), "issuer": .string(settings.issuer), "client_id": .string(settings.clientID),
            ])
        try await attempt { () throws(StoreError) in
            try await account.store.saveSingleSignOn(changed, noting: event)
        }
    }

    func stored() async throws(Refusal) -> SingleSignOnRecord? {
        try await attempt { () throws(StoreError) in try await account.store.singleSignOn() }
    }

    func identity(of user: GUID, at issuer: String) async throws(Refusal) -> UserIdentityRecord? {
        try await attempt { () throws(StoreError) in try await account.store.identity(of: user, issuer: issuer) }
    }

    static let nothingYet = Refusal(.prohibitedChange, "There are no settings yet: fill in the form and save it first.")
}
