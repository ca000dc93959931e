public import Accounts
public import HTTPClient
public import Logging
public import Storage

/// What all accounts share: the clock, the addresses, the way out, and what protects providers from us.
public struct World: Sendable {
    /// The time.
    public let clock: WallClock
    /// The time that circuits and intervals go by.
    public let monotonic: MonotonicClock
    /// Where people and providers reach this server.
    public let address: PublicAddress
    /// What may be called.
    public let outbound: OutboundPolicy
    /// How it is called.
    public private(set) var transport: any HTTPTransport
    /// Where content may run.
    public let upstreams: UpstreamPolicy
    /// Hashes passwords.
    public let hasher: PasswordHasher
    /// Counts failed sign-ins.
    public let limiter: AttemptLimiter
    /// Told of each step.
    public let steps: StepObserver
    /// Waits at each slow step.
    public let gate: StepGate
    /// The log.
    public let logger: Logger
    /// How much waits in the background.
    public let queues = QueueDepths()
    /// What is written for accounts that have closed.
    public let closing = ClosingWork()
    /// Audit lines of accounts that have closed.
    public let backlog = AuditBacklog()
    /// The largest bundle that is taken.
    public let maximumBundleBytes: Int
    /// What all accounts share, with a part for each.
    public let pools: Pools
    /// How the background waits; nil where nothing is done in the background, as in a command.
    public let sleeper: Sleeper?

    let hosts: CircuitBreaker

    /// So many failures of a provider's host in a row open its circuit.
    private static let hostThreshold = 5

    /// A world of these parts.
    public init(
        clock: WallClock, address: PublicAddress, outbound: OutboundPolicy, transport: any HTTPTransport,
        upstreams: UpstreamPolicy, hasher: PasswordHasher, logger: Logger,
        monotonic: MonotonicClock = .system, maximumBundleBytes: Int = Deployments.usualMaximum,
        pools: Pools = Pools(), sleeper: Sleeper? = nil,
        steps: @escaping StepObserver = { _ in }, gate: @escaping StepGate = { _ in }
    ) {
        self.clock = clock
        self.monotonic = monotonic
        self.pools = pools
        self.address = address
        self.outbound = outbound
        self.transport = transport
        self.upstreams = upstreams
        self.hasher = hasher
        self.steps = steps
        self.gate = gate
        self.logger = logger
        self.maximumBundleBytes = maximumBundleBytes
        self.sleeper = sleeper
        limiter = AttemptLimiter(clock: monotonic)
        hosts = CircuitBreaker(threshold: Self.hostThreshold, clock: monotonic)
    }

    /// The same world as one account sees it: what goes out counts as that account's.
    func seen(by account: OpenAccount) -> World {
        var world = self
        world.transport = AccountTransport(
            base: transport, account: account.fingerprint, readers: pools.providerAnswers)
        return world
    }
}
