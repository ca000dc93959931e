import Accounts
import Cryptography
import Glibc
import HTTPClient
import Integrations
import Logging
import Storage
import Web

/// The composition root: everything assembled, once, in order.
struct House: Sendable {
    let folder: DataFolder
    let directory: AccountDirectory<Tenant>
    let world: World
    let services: Services
    let transport: CurlTransport
    let masterKeyFile: String?
    /// Whether the ring is one that is kept somewhere.
    let hasKey: Bool
    /// A sentence for the operator where the master key was made just now.
    let madeKey: String?

    /// A sentence for the operator where the folder was made just now.
    static func madeFolder(_ folder: DataFolder) -> String { "made the data folder \(folder.path)" }

    /// Checks the master keys against the accounts, then builds everything that serves them.
    ///
    /// - Parameters:
    ///   - lock: what is held of the folder.
    ///   - makesKey: whether a first master key may be made.
    ///   - sleeper: how the background waits; nil where nothing is done in the background.
    /// - Throws: `ConfigurationError` or what the folder says, before anything runs.
    init(
        _ configuration: ServerConfiguration, lock: FolderLock, port: Int, limit: OpenFileLimit? = nil,
        makesKey: Bool, logger: Logger, sleeper: Sleeper? = nil
    ) throws {
        let folder = DataFolder(path: configuration.dataPath, lock: lock)
        try folder.sweep()
        let keys = try configuration.masterKey.ring(for: folder, creating: makesKey)
        try Self.requireKeys(keys.ring, folder)
        try self.init(folder, keys, configuration, port: port, limit: limit, logger: logger, sleeper: sleeper)
    }

    /// Builds everything on a folder and a ring that were checked, or that nothing will be asked of.
    init(
        _ folder: DataFolder, _ keys: MasterKeySource.Keys, _ configuration: ServerConfiguration, port: Int,
        limit: OpenFileLimit? = nil, logger: Logger, sleeper: Sleeper? = nil
    ) throws {
        let ring = keys.ring
        self.folder = folder
        hasKey = keys.unsavedAt == nil
        madeKey = keys.madeAt.map {
            "made a master key at \($0): keep a copy of it apart from the backups, which cannot be opened without it"
        }
        masterKeyFile = configuration.masterKey.file(in: folder)
        let outbound = OutboundPolicy(allowedHosts: configuration.allowedHosts)
        // Apart from the hosts above: where content runs must not become somewhere that an admin's endpoint may point to.
        let upstreams = OutboundPolicy(allowedHosts: configuration.allowedUpstreams)
        transport = CurlTransport(
            policy: outbound, certificateAuthorities: configuration.certificateAuthorities,
            maximumConnections: limit?.outboundConnections ?? CurlTransport.maximumConnections)
        let hasher = PasswordHasher()
        let world = World(
            clock: Self.clock, address: configuration.address(port: port), outbound: outbound,
            transport: transport,
            upstreams: UpstreamPolicy(ownPort: UInt16(exactly: port), own: configuration.ownAddresses(port: port)) {
                upstreams.permits(host: $0, port: $1)
            },
            hasher: hasher, logger: logger, maximumBundleBytes: configuration.maximumBundleBytes,
            pools: Pools(others: [transport.places, transport.resolverPlaces, hasher.places]),
            sleeper: sleeper, steps: Self.steps, gate: Self.gate
        )
        self.world = world
        directory = try AccountDirectory(
            folder: folder, ring: ring, limit: limit?.accounts ?? AccountDirectory<Tenant>.defaultLimit,
            quotas: configuration.quotas, beforeChange: { await world.gate(.changeBegins) }
        ) { try Tenant($0, world: world) }
        services = try Services(
            directory: directory, world: world, ring: ring, proxies: configuration.trustedProxies)
    }

    /// Lets providers answer for so long; what they have not answered then is broken off, as if the process had ended.
    func leave(within drain: Duration) {
        Task {
            try? await Task.sleep(for: drain)
            await transport.shutdown()
        }
    }

    /// Waits for refreshes that are under way, then lets go of the network.
    func close() async {
        for slug in directory.slugs { await directory.opened(TenantFingerprint(of: slug))?.drain() }
        await world.closing.finish()
        await transport.shutdown()
    }

    static func requireKeys(_ ring: MasterKeyRing, _ folder: DataFolder) throws {
        let locked = try folder.lockedOut(by: ring)
        guard locked.isEmpty else { throw ConfigurationError(locked.prefix(10).joined(separator: "\n")) }
    }

    /// Debug builds alone let a test end the process between two steps, or move its clock.
    private static var steps: StepObserver {
        #if DEBUG
            if let name = Environment.value("GATEHOUSE_CRASH_AT") {
                return { step in if step.rawValue == name { kill(getpid(), SIGKILL) } }
            }
        #endif
        return { _ in }
    }

    /// Debug builds alone let a test hold a step: whoever reaches it while GATEHOUSE_HOLD_IN has a file of the step's name
    /// renames that to `NAME.held`, and waits until it is gone.
    private static var gate: StepGate {
        #if DEBUG
            if let folder = Environment.value("GATEHOUSE_HOLD_IN") {
                return { step in
                    let held = "\(folder)/\(step.rawValue).held"
                    guard rename("\(folder)/\(step.rawValue)", held) == 0 else { return }
                    while access(held, F_OK) == 0, (try? await Task.sleep(for: .milliseconds(10))) != nil {}
                }
            }
        #endif
        return { _ in }
    }

    private static var clock: WallClock {
        #if DEBUG
            if let seconds = Environment.value("GATEHOUSE_CLOCK_OFFSET").flatMap({ Int64($0) }) {
                return .system(offset: .seconds(seconds))
            }
            // A file, so that a test can set the clock while the server runs.
            if let path = Environment.value("GATEHOUSE_CLOCK_OFFSET_FILE") {
                return WallClock {
                    let text = String(decoding: (try? Files.read(path)) ?? [], as: UTF8.self)
                    return WallClock.system().now + .seconds(Int64(text) ?? 0)
                }
            }
        #endif
        return .system()
    }
}
