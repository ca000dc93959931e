import Synchronization

/// One account, opened: its store and its vault.
public final class OpenAccount: Sendable {
    /// The account's name in addresses.
    public let slug: AccountSlug
    /// What its GUIDs, keys and tokens start with.
    public let fingerprint: TenantFingerprint
    /// The account's rows.
    public let store: any AccountStore
    /// What seals its secrets.
    public let vault: Vault
    /// Counts the changes to its permissions.
    public let changes: ChangeCounter

    private let erased = Atomic<Bool>(false)
    private let replaced = Atomic<Bool>(false)
    private let file: SQLiteStore
    private let bundles: BundleFiles
    private let nameNow: Mutex<String>

    /// The name people gave the account.
    public var name: String { nameNow.withLock { $0 } }

    /// Opens an account of a folder.
    ///
    /// - Parameter beforeChange: awaited before each change that leaves a line in the audit; tests hold a change there.
    /// - Throws: `AccountError`, with a sentence for the operator.
    public init(
        _ slug: AccountSlug, in folder: DataFolder, ring: MasterKeyRing, quotas: Quotas = Quotas(),
        beforeChange: @escaping @Sendable () async -> Void = {}
    ) throws(AccountError) {
        guard folder.contains(slug) else { throw AccountError(.unknown, "there is no account \(slug)") }
        do {
            let dataKey = try DataKeyFile(path: folder.keyPath(of: slug)).unwrap(slug: slug, ring: ring)
            vault = Vault(slug: slug, dataKey: dataKey)
            changes = ChangeCounter()
            bundles = BundleFiles(path: folder.bundlesPath(of: slug))
            file = try SQLiteStore(
                path: folder.databasePath(of: slug), slug: slug, changes: changes,
                auditKey: try vault.derivedKey(purpose: "audit"), bundles: bundles, quotas: quotas, lock: folder.lock,
                beforeChange: beforeChange
            )
            nameNow = Mutex(try file.about().name)
            // What cannot be removed now is still there at the next opening; nobody is kept out for it.
            try? file.sweepBundles()
        } catch let error as StoreError where error.code == .busy {
            throw AccountError(.busy, "account \(slug) cannot be opened for now: \(error.description)")
        } catch let error as any CustomStringConvertible {
            throw AccountError(.unavailable, "account \(slug) cannot be opened: \(error.description)")
        } catch {
            throw AccountError(.unavailable, "account \(slug) cannot be opened")
        }
        self.slug = slug
        fingerprint = TenantFingerprint(of: slug)
        store = file
    }

    /// A file for a bundle that is about to arrive.
    ///
    /// - Throws: `StoreError` `diskNearlyFull` where what is free is kept for everything else.
    public func beginBundle() throws(StoreError) -> BundleUpload {
        try bundles.requireSpace()
        do throws(Files.Failure) { return try bundles.begin() } catch {
            throw StoreError(.cannotWrite, error.description)
        }
    }

    /// The name people gave the account, and when it was created.
    public func about() throws(StoreError) -> (name: String, createdAt: Timestamp) { try file.about() }

    /// Gives the account another name for people.
    public func rename(to name: String, noting event: EventRecord?) async throws(StoreError) {
        try await file.rename(to: name, noting: event)
        nameNow.withLock { $0 = name }
    }

    /// Has a closure called, briefly and from any thread, whenever something was queued for the background.
    public func onQueued(_ body: @escaping @Sendable () -> Void) { file.bell.onRing(body) }

    /// Whether the account was erased while it was open; nothing may be answered from memory then.
    public var isErased: Bool { erased.load(ordering: .acquiring) }

    /// Notes that the account is being erased.
    public func markErased() {
        erased.store(true, ordering: .releasing)
        changes.advance()
    }

    /// Whether nothing may be answered from this object any more: the account was erased, or its file is another one now.
    public var isGone: Bool { isErased || replaced.load(ordering: .acquiring) }

    /// Looks whether the file in the folder is still the one that is open; from the moment that it is not, the account is
    /// gone, and has to be opened anew.
    func isInPlace() -> Bool {
        guard !isGone else { return false }
        guard !file.isInPlace else { return true }
        markReplaced()
        return false
    }

    /// Notes that what is open here is not what counts any more.
    func markReplaced() {
        replaced.store(true, ordering: .releasing)
        changes.advance()
        // What waits in the background holds the account.
        file.bell.ring()
    }

    /// A fresh GUID of this account.
    public func makeGUID() -> GUID { GUID(tenant: fingerprint) }
}
