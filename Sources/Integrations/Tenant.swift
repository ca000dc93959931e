public import Accounts
import Logging
public import Storage

/// Everything that can be done in one open account; the rooms of the domain, put together.
public final class Tenant: Sendable {
    /// The account itself.
    public let account: OpenAccount
    /// Its people.
    public let people: People
    /// Its groups of people.
    public let groups: Groups
    /// Its content.
    public let contents: Contents
    /// What is deployed of it.
    public let deployments: Deployments
    /// What it is given when it is started.
    public let environment: EnvironmentVariables
    /// Its integrations.
    public let integrations: IntegrationCatalog
    /// Who uses which integration, from both sides.
    public let associations: Associations
    /// Its viewers' logins to providers.
    public let logins: LoginFlows
    /// What those logins left.
    public let sessions: OAuthSessions
    /// What people can log in to, as their own page shows it.
    public let connections: Connections
    /// Session token in, access token out.
    public let exchange: Exchange
    /// The account as an OpenID provider.
    public let issuer: Issuer
    /// Whether an integration works that needs no viewer.
    public let verification: Verification
    /// The gateway's answers.
    public let gateway: Gateway
    /// Who did what.
    public let audit: Audit
    /// Who outside is told what happens.
    public let webhooks: Webhooks
    /// What is done in the background.
    public let errands: Errands
    /// How often what happens.
    public let activity: Activity

    /// What content needs to run.
    public let runtime: Runtime
    /// Sessions of IDEs.
    public let workbenchSessions: WorkbenchSessions
    /// What those sessions get.
    public let workbench: Workbench
    /// Sign-in at the company's identity provider.
    public let singleSignOn: SingleSignOn

    private let keeper: TokenKeeper
    private let mint: Mint
    private let journal: Journal
    private let closing: ClosingWork

    /// Puts the rooms together.
    public init(_ account: OpenAccount, world: World) throws {
        let world = world.seen(by: account)
        let signer = try SessionToken.Signer(account.vault)
        let memory = ExchangeMemory(account: account, clock: world.clock)
        let activity = Activity(account: account, world: world, memory: memory) { records throws(StoreError) in
            try await account.store.addActivity(records)
        }
        let keeper = TokenKeeper(account: account, world: world, activity: activity) {
            memory.remember($0, generation: $1)
        }
        let journal = Journal(
            account: account.fingerprint, clock: world.clock, logger: world.logger, backlog: world.backlog,
            sleeper: world.sleeper, isErased: { account.isErased }
        ) { events throws(StoreError) in try await account.store.note(events) }
        let people = People(
            account: account, clock: world.clock, hasher: world.hasher, limiter: world.limiter,
            hashed: { await world.gate(.passwordHashed) }, noting: { journal.noteLater($0) })
        self.account = account
        closing = world.closing
        self.people = people
        self.keeper = keeper
        singleSignOn = SingleSignOn(account: account, world: world, people: people, journal: journal)
        groups = Groups(account: account, clock: world.clock)
        contents = Contents(account: account, clock: world.clock, upstreams: world.upstreams)
        deployments = Deployments(
            account: account, clock: world.clock, contents: contents, address: world.address,
            maximumBundleBytes: world.maximumBundleBytes, pools: world.pools, steps: world.steps
        )
        let provided = ProvidedVariables(account: account, outbound: world.outbound)
        environment = EnvironmentVariables(
            account: account, clock: world.clock, contents: contents,
            provided: { guid throws(Refusal) in try await provided.names(of: guid) })
        integrations = IntegrationCatalog(
            account: account, clock: world.clock, address: world.address, outbound: world.outbound,
            transport: world.transport
        )
        associations = Associations(account: account, clock: world.clock, contents: contents)
        logins = LoginFlows(
            account: account, clock: world.clock, address: world.address, outbound: world.outbound,
            transport: world.transport, hosts: world.hosts,
            keeper: keeper, activity: activity, journal: journal, steps: world.steps, logger: world.logger
        )
        sessions = OAuthSessions(account: account, clock: world.clock, outbound: world.outbound)
        connections = Connections(account: account, clock: world.clock, outbound: world.outbound)
        // Whoever reads the audit finds what was noted before.
        audit = Audit(account: account, clock: world.clock) { await journal.flush() }
        webhooks = Webhooks(account: account, clock: world.clock, outbound: world.outbound)
        errands = Errands(account: account, world: world)
        let mint = Mint(account: account, clock: world.clock, monotonic: world.monotonic)
        let issuer = Issuer(account: account, clock: world.clock, address: world.address)
        let sources = TokenSources(
            keeper: keeper,
            serviceAccounts: ServiceAccounts(account: account, world: world, mint: mint, activity: activity),
            visitorKeys: VisitorKeys(people: people, mint: mint, vault: account.vault, clock: world.clock),
            aws: AWSCredentials(account: account, world: world, issuer: issuer, mint: mint, activity: activity),
            vault: account.vault)
        self.mint = mint
        self.activity = activity
        self.journal = journal
        self.issuer = issuer
        verification = Verification(account: account, clock: world.clock, sources: sources, journal: journal)
        exchange = Exchange(
            account: account, clock: world.clock, signer: signer, sources: sources, memory: memory, journal: journal,
            activity: activity)
        gateway = Gateway(account: account, clock: world.clock, outbound: world.outbound, signer: signer)
        runtime = Runtime(
            account: account, clock: world.clock, address: world.address, provided: provided, signer: signer,
            people: people, contents: contents, variables: environment, journal: journal
        )
        workbenchSessions = try WorkbenchSessions(account: account, clock: world.clock)
        workbench = Workbench(
            account: account, clock: world.clock, outbound: world.outbound, keeper: keeper, journal: journal,
            activity: activity)
        errands.attach(to: self)
    }

    /// Waits for what is under way with providers.
    public func drain() async {
        await errands.drain()
        await keeper.drain()
        await mint.drain()
        await journal.flush()
        await activity.drain()
    }

    deinit {
        let (journal, activity) = (journal, activity)
        guard journal.hasWaiting || activity.hasWaiting else { return }
        // They hold the account, which is not opened a second time meanwhile.
        closing.begin {
            await journal.flush()
            await activity.flush()
        }
    }
}
