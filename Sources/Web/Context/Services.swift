public import Integrations
import Logging
public import Storage
import Accounts

/// What the handlers work with: the accounts, what they share, and the pages.
public struct Services: Sendable {
    /// Finds and opens accounts.
    public let directory: AccountDirectory<Tenant>
    /// What all accounts share.
    public let world: World
    let pages: Pages
    let forms: FormGuard
    let cookies: CookieNames
    let submissions = Submissions()
    let proxies: TrustedProxies
    let shownOnce = Handover<ShownOnce>(ShownOnce.parameter)
    let loginTests = Handover<LoginTest>(DataSourceReport.parameter)
    /// What has run out.
    public let shortages: Shortages
    /// Whether this server takes work.
    public let readiness: Readiness

    /// - Parameters:
    ///   - directory: the accounts.
    ///   - world: what they share.
    ///   - ring: the master keys, from which the key of the forms is derived.
    ///   - proxies: who is believed about the sender of a request.
    public init(
        directory: AccountDirectory<Tenant>, world: World, ring: MasterKeyRing, proxies: TrustedProxies = .loopback
    ) throws {
        self.directory = directory
        self.world = world
        self.proxies = proxies
        pages = try Pages()
        let folder = directory.folder
        shortages = Shortages(logger: world.logger)
        readiness = Readiness(
            logger: world.logger, shortages: shortages, isLost: { folder.isLost },
            prove: { try folder.proveWritable() })
        forms = FormGuard(key: try ring.derivedKey(purpose: "forms"), base: world.address.base)
        cookies = CookieNames(
            isSecure: world.address.isSecure, isContentSecure: world.address.isContentSecure,
            isContentAlone: world.address.hasOriginPerContent
        )
    }

    /// The account that a fingerprint names; nil where there is none.
    ///
    /// - Throws: `Refusal` 503 where it cannot be opened. Its own sentence is for the log.
    func tenant(_ fingerprint: TenantFingerprint) async throws(Refusal) -> Tenant? {
        do {
            return try await directory.tenant(fingerprint)
        } catch {
            if (error as? AccountError)?.code == .busy {
                throw Refusal(
                    .accountUnavailable, Refusal.busy, retryAfter: Refusal.busySeconds, cause: "\(error)")
            }
            throw Refusal(
                .accountUnavailable, "This account cannot be opened for now: tell the operator of this server.",
                cause: "\(error)"
            )
        }
    }

    /// The account of an object's GUID, as a page's visitor or a proxy names it.
    func tenant(of guid: GUID) async throws(Refusal) -> Tenant {
        guard let tenant = try await tenant(guid.tenant) else { throw .notFound("object") }
        return tenant
    }
}
