import Synchronization

/// Finds and opens accounts by the fingerprint that everything of theirs carries.
///
/// A start reads folder names only. Accounts open when first asked for; of those that nobody is using, only so many stay
/// open, and the least recently used close first. An account that somebody still holds is never opened a second time, so
/// what its memory says is the only truth about it.
public final class AccountDirectory<Tenant: AnyObject & Sendable>: Sendable {
    /// How many accounts stay open without being used; each costs about nine file descriptors.
    public static var defaultLimit: Int { 64 }

    private struct Entry {
        var kept: Tenant?
        weak var tenant: Tenant?
        /// The account that the tenant was built on.
        weak var account: OpenAccount?
        var lastUsed: UInt64
    }

    private typealias Opened = (tenant: Tenant, account: OpenAccount)

    private struct State {
        var slugs: [TenantFingerprint: AccountSlug] = [:]
        var entries: [TenantFingerprint: Entry] = [:]
        var opening: [TenantFingerprint: Task<Opened, any Error>] = [:]
        /// Accounts on their way out: nobody opens them any more.
        var erasing: Set<TenantFingerprint> = []
        /// Accounts whose folder was replaced while they were open, until they are opened anew.
        var replaced: Set<TenantFingerprint> = []
        var uses: UInt64 = 0
        var scannedAt: ContinuousClock.Instant?
    }

    /// The folder the accounts are in.
    public let folder: DataFolder
    private let limit: Int
    private let quotas: Quotas
    private let beforeChange: @Sendable () async -> Void
    /// Held for a moment only: whoever opens an account reads it.
    private let ring: Mutex<MasterKeyRing>
    /// Held while key files are written, which takes the disk's time: a creation and a rotation must see each other, but
    /// nobody who asks for an account waits for them.
    private let keyFiles = Mutex<Void>(())
    private let assemble: @Sendable (OpenAccount) throws -> Tenant
    private let state = Mutex(State())

    /// A directory of the accounts in a folder; `assemble` builds what the upper rooms want of an open account.
    ///
    /// - Parameter beforeChange: awaited before each change that leaves a line in an audit; tests hold a change there.
    public init(
        folder: DataFolder, ring: MasterKeyRing, limit: Int = AccountDirectory.defaultLimit, quotas: Quotas = Quotas(),
        beforeChange: @escaping @Sendable () async -> Void = {},
        assemble: @escaping @Sendable (OpenAccount) throws -> Tenant
    ) throws {
        self.folder = folder
        self.limit = limit
        self.quotas = quotas
        self.beforeChange = beforeChange
        self.ring = Mutex(ring)
        self.assemble = assemble
        try rescan()
    }

    /// The accounts there are.
    public var slugs: [AccountSlug] { state.withLock { $0.slugs.values.sorted() } }

    /// How many accounts are open.
    public var openCount: Int { state.withLock { $0.entries.values.count { $0.tenant != nil } } }

    /// An account that is open already; for the hot path, which neither waits nor opens.
    public func opened(_ fingerprint: TenantFingerprint) -> Tenant? {
        state.withLock { state in
            guard let entry = state.entries[fingerprint], let tenant = entry.tenant, let account = entry.account,
                !account.isGone, !state.erasing.contains(fingerprint)
            else { return nil }
            Self.use((tenant, account), fingerprint, limit: limit, in: &state)
            return tenant
        }
    }

    /// An account, opened when it is not open yet; nil where there is none.
    ///
    /// - Throws: `AccountError` where the account is there but cannot be opened, or was replaced under this server.
    public func tenant(_ fingerprint: TenantFingerprint) async throws -> Tenant? {
        if let tenant = try inPlace(fingerprint) { return tenant }
        return try await open(fingerprint) { opened, state in
            Self.use(opened, fingerprint, limit: limit, in: &state)
        }
    }

    /// An account that is open already, and whose file is still the one in the folder.
    private func inPlace(_ fingerprint: TenantFingerprint) throws -> Tenant? {
        if let loss = folder.lock?.loss() { throw AccountError(.unavailable, loss) }
        let account = state.withLock { $0.entries[fingerprint]?.account }
        guard let account, !account.isErased else { return nil }
        let wasGone = account.isGone
        if account.isInPlace() { return opened(fingerprint) }
        letGo(fingerprint)
        // The replacement is reported once. The next request opens the new file.
        if wasGone { return nil }
        throw AccountError(.unavailable, Self.replaced(account.slug))
    }

    private static func replaced(_ slug: AccountSlug) -> String {
        "the folder of account \(slug) was moved or replaced under the running server; what is there now is opened at the next request"
    }

    private func letGo(_ fingerprint: TenantFingerprint) {
        state.withLock { state in
            state.entries[fingerprint]?.kept = nil
            state.replaced.insert(fingerprint)
        }
    }

    /// Looks after the folder and the open accounts: what was removed or replaced is let go of, so that nothing is answered
    /// from memory that is not true any more.
    ///
    /// - Returns: a sentence for each change that was not known before.
    public func watch() -> [String] {
        let open = state.withLock { state in
            state.entries.compactMap { entry in entry.value.account.map { (entry.key, $0) } }
        }
        let loss = folder.lock?.loss()
        var news: [String] = []
        for (fingerprint, account) in open where !account.isGone {
            if loss != nil {
                account.markReplaced()
            } else if !account.isInPlace() {
                news.append(Self.replaced(account.slug))
            }
            if account.isGone { letGo(fingerprint) }
        }
        return (loss.map { [$0] } ?? []) + news
    }

    /// An account, for a short look in the background: it counts as no use, so those that people use stay open.
    ///
    /// Whoever asks in the meantime gets the same one. It closes when the visitor lets go of it, unless it was open before.
    ///
    /// - Throws: `AccountError` where the account is there but cannot be opened.
    public func visit(_ slug: AccountSlug) async throws -> Tenant? {
        let fingerprint = TenantFingerprint(of: slug)
        let open = state.withLock { state -> Opened? in
            guard !state.erasing.contains(fingerprint), let entry = state.entries[fingerprint],
                let tenant = entry.tenant, let account = entry.account
            else { return nil }
            return (tenant, account)
        }
        if let open {
            if open.account.isInPlace() { return open.tenant }
            letGo(fingerprint)
        }
        return try await self.open(fingerprint) { opened, state in
            guard state.entries[fingerprint]?.tenant !== opened.tenant else { return }
            state.entries[fingerprint] = Entry(
                kept: nil, tenant: opened.tenant, account: opened.account, lastUsed: state.uses)
        }
    }

    private func open(
        _ fingerprint: TenantFingerprint, noting note: (Opened, inout State) -> Void
    ) async throws -> Tenant? {
        guard let slug = try slug(of: fingerprint) else { return nil }
        let task = try state.withLock { state -> Task<Opened, any Error>? in
            guard !state.erasing.contains(fingerprint) else { return nil }
            if let task = state.opening[fingerprint] { return task }
            let entry = state.entries[fingerprint]
            // Somebody else has opened it since the caller looked.
            if let tenant = entry?.tenant, let account = entry?.account, !account.isGone {
                return Task<Opened, any Error> { (tenant: tenant, account: account) }
            }
            // Refuses while requests still use the old instance: two instances would hold different state.
            let isReplacing = state.entries[fingerprint]?.account?.isGone ?? false
            guard !isReplacing else {
                throw AccountError(
                    .unavailable, "account \(slug) was replaced, and requests to the old one are still under way")
            }
            // A file that somebody is copying to its place looks whole before it is.
            guard !state.replaced.contains(fingerprint) || folder.isSettled(slug) else {
                throw AccountError(
                    .unavailable, "account \(slug) was replaced, and its file was written only a moment ago")
            }
            // Whoever writes the last lines of a tenant that is gone still holds the account: it is used again, and its file
            // is never open twice.
            let present = entry?.account
            let task = Task { [self] in
                if let present, present.isInPlace() { return (tenant: try assemble(present), account: present) }
                let account = try OpenAccount(
                    slug, in: folder, ring: ring.withLock { $0 }, quotas: quotas, beforeChange: beforeChange)
                return (tenant: try assemble(account), account: account)
            }
            state.opening[fingerprint] = task
            return task
        }
        guard let task else { return nil }
        let result = await task.result
        return try state.withLock { state in
            // Whoever waited longest has done this already; then the entry is there and only its use is counted.
            if state.opening[fingerprint] == task { state.opening[fingerprint] = nil }
            let opened = try result.get()
            guard !state.erasing.contains(fingerprint), state.slugs[fingerprint] != nil else { return nil }
            state.replaced.remove(fingerprint)
            note(opened, &state)
            return opened.tenant
        }
    }

    /// An account by its slug.
    public func tenant(_ slug: AccountSlug) async throws -> Tenant? { try await tenant(TenantFingerprint(of: slug)) }

    /// Creates an account; it is served from now on.
    public func create(_ slug: AccountSlug, name: String, at now: Timestamp) throws {
        try keyFiles.withLock { _ in try folder.create(slug, name: name, ring: ring.withLock { $0 }, at: now) }
        state.withLock { $0.slugs[TenantFingerprint(of: slug)] = slug }
    }

    /// Erases an account and forgets it; `closing` is told the tenant first, where it is open.
    public func erase(_ slug: AccountSlug, closing: (Tenant) -> Void) async throws {
        let fingerprint = TenantFingerprint(of: slug)
        let opening = state.withLock { state in
            state.erasing.insert(fingerprint)
            return state.opening[fingerprint]
        }
        defer { state.withLock { _ = $0.erasing.remove(fingerprint) } }
        // Whoever is opening it finishes first, so that there is nobody left who was not told.
        if let tenant = try? await opening?.value.tenant { closing(tenant) }
        let tenant = state.withLock { state in
            state.slugs[fingerprint] = nil
            return state.entries.removeValue(forKey: fingerprint)?.tenant
        }
        if let tenant { closing(tenant) }
        try folder.erase(slug)
    }

    /// What a rotation did.
    public struct Rotation: Sendable {
        /// The key that wraps from now on.
        public let keyID: String
        /// How many data keys it wraps anew.
        public let rewrapped: Int
        /// A sentence for each account whose key it could not wrap.
        public let failures: [String]
        /// Whether the older keys are gone.
        public let forgotOlder: Bool
    }

    /// Puts a fresh master key in front and wraps every data key with it.
    ///
    /// The new ring is on disk before anything is wrapped by it, so a crash at any moment leaves every account readable.
    /// The older keys stay in the ring for backups that were made under them, unless `forgettingOlder`; and they stay
    /// while there is an account that still needs one.
    public func rotateMasterKey(path: String, forgettingOlder: Bool) throws -> Rotation {
        try keyFiles.withLock { _ in
            let rotated = ring.withLock { $0.rotated() }
            try rotated.save(path: path)
            ring.withLock { $0 = rotated }
            let (count, failures) = try folder.rewrap(by: rotated)
            let forgets = forgettingOlder && failures.isEmpty
            if forgets {
                try rotated.trimmed().save(path: path)
                ring.withLock { $0 = rotated.trimmed() }
            }
            return Rotation(keyID: rotated.current.id, rewrapped: count, failures: failures, forgotOlder: forgets)
        }
    }

    private func slug(of fingerprint: TenantFingerprint) throws -> AccountSlug? {
        if let slug = state.withLock({ $0.slugs[fingerprint] }) { return slug }
        try rescan()
        return state.withLock { $0.slugs[fingerprint] }
    }

    /// Reads the folder names again, at most once a second: a folder may have been moved in by hand.
    private func rescan() throws {
        let isDue = state.withLock { state in
            if let last = state.scannedAt, ContinuousClock.now - last < .seconds(1) { return false }
            state.scannedAt = .now
            return true
        }
        guard isDue else { return }
        let found = try folder.accounts()
        state.withLock { state in
            state.slugs = Dictionary(found.map { (TenantFingerprint(of: $0), $0) }) { first, _ in first }
        }
    }

    private static func use(_ opened: Opened, _ fingerprint: TenantFingerprint, limit: Int, in state: inout State) {
        state.uses += 1
        guard state.entries[fingerprint]?.kept == nil else {
            state.entries[fingerprint]?.lastUsed = state.uses
            return
        }
        state.entries[fingerprint] = Entry(
            kept: opened.tenant, tenant: opened.tenant, account: opened.account, lastUsed: state.uses)
        let kept = state.entries.filter { $0.value.kept != nil }
        guard kept.count > limit, let oldest = kept.min(by: { $0.value.lastUsed < $1.value.lastUsed }) else { return }
        state.entries[oldest.key]?.kept = nil
    }
}
