import Cryptography
import Glibc
import JSON

/// The folder of all accounts: one folder an account, and three files of the installation.
public struct DataFolder: Sendable {
    /// The folder's path as it was given.
    public let path: String
    /// The lock that this process holds; nil for read-only use.
    let lock: FolderLock?

    /// The folder at a path, whether or not there is one. Creates nothing.
    ///
    /// - Parameter lock: what is held of it.
    public init(path: String, lock: FolderLock? = nil) {
        self.lock = lock
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// The folder at a path; it is created, for its owner alone, where there is none.
    public static func make(at path: String) throws(Files.Failure) -> DataFolder {
        let folder = DataFolder(path: path)
        if !folder.isThere { try Files.createDirectory(folder.path) }
        return folder
    }

    /// Whether there is such a folder.
    public var isThere: Bool { Files.isDirectory(path) }

    /// Checks that this process may look for the folder, and into it where there is one.
    public func requireVisible() throws(Files.Failure) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno == ENOENT || errno == ENOTDIR else {
                throw Files.Failure(action: "look at", path: path, code: errno)
            }
            return
        }
        guard access(path, R_OK | X_OK) == 0 else {
            throw Files.Failure(action: "look into", path: path, code: errno)
        }
    }

    /// Whether a server or a command has ever worked here. A folder that was restored from a backup has accounts and no lock.
    ///
    /// - Throws: where this process may not look into the folder.
    public func wasUsed() throws -> Bool {
        if Files.exists(lockPath) || Files.exists(masterKeyPath) { return true }
        return try !accounts().isEmpty
    }

    /// Checks, without writing, that this process could serve the folder, or make it where there is none.
    ///
    /// - Throws: what would fail first.
    public func requireUsable() throws(Files.Failure) {
        guard isThere else {
            guard !Files.exists(path) else { throw Files.Failure(action: "use as a folder", path: path, code: ENOTDIR) }
            return try Files.requireRoom(for: path)
        }
        guard access(path, R_OK | W_OK | X_OK) == 0 else {
            throw Files.Failure(action: "write in", path: path, code: errno)
        }
        var status = stat()
        guard lstat(lockPath, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Files.Failure(action: "use as a lock", path: lockPath, code: EINVAL)
        }
        guard access(lockPath, R_OK | W_OK) == 0 else {
            throw Files.Failure(action: "open", path: lockPath, code: errno)
        }
    }

    /// Who serves the folder now, such as "process 4711"; nil: nobody does. Changes nothing.
    public var owner: String? { FolderLock.owner(of: lockPath) }

    /// Where the master keys are unless the operator keeps them elsewhere.
    public var masterKeyPath: String { "\(path)/.master-key" }
    /// The socket at which a running server takes the operator's commands.
    public var controlSocketName: String { ".control.sock" }
    var lockPath: String { "\(path)/.lock" }

    private static let deletedPrefix = ".deleted-"

    func folder(of slug: AccountSlug) -> String { "\(path)/\(slug)" }
    func databasePath(of slug: AccountSlug) -> String { "\(folder(of: slug))/\(SQLiteStore.fileName)" }
    func bundlesPath(of slug: AccountSlug) -> String { "\(folder(of: slug))/bundles" }
    func keyPath(of slug: AccountSlug) -> String { "\(folder(of: slug))/\(DataKeyFile.name)" }

    /// Where the manifest of an account is, whether or not the account exists yet.
    public func manifestPath(of slug: AccountSlug) -> String { "\(folder(of: slug))/account.json" }

    /// The accounts that exist, in alphabetical order; found by their folders alone.
    public func accounts() throws -> [AccountSlug] {
        guard Files.exists(path) else { return [] }
        return try Files.names(in: path).compactMap(AccountSlug.init).filter(contains).sorted()
    }

    /// Whether there is such an account.
    public func contains(_ slug: AccountSlug) -> Bool { Files.exists(databasePath(of: slug)) }

    /// Creates an account. It exists from the moment its database has its final name, the last step of all.
    public func create(_ slug: AccountSlug, name: String, ring: MasterKeyRing, at now: Timestamp) throws {
        let fingerprint = TenantFingerprint(of: slug)
        if let other = try accounts().first(where: { TenantFingerprint(of: $0) == fingerprint }) {
            throw AccountError(
                .exists,
                other == slug
                    ? "there is an account \(slug) already" : "the name \(slug) collides with \(other): choose another"
            )
        }
        try Files.createDirectory(folder(of: slug))
        let unfinished = databasePath(of: slug) + ".new"
        try Files.remove(unfinished)
        try SQLiteStore.create(path: unfinished, slug: slug, name: name, at: now)
        let dataKey = SecretBytes.random(MasterKeyRing.keyLength)
        try DataKeyFile(wrapping: dataKey, of: slug, by: ring).save(path: keyPath(of: slug))
        try Files.rename(unfinished, to: databasePath(of: slug))
    }

    /// Erases an account. Its data key goes first: from then on its secrets are noise, wherever copies of them may be.
    public func erase(_ slug: AccountSlug) throws {
        guard contains(slug) else { throw AccountError(.unknown, "there is no account \(slug)") }
        // Under its new name first: what a crash leaves of it is no account, and `sweep` finishes it.
        let doomed = "\(path)/\(Self.deletedPrefix)\(slug)-\(Hex.encode(SecureRandom.bytes(4)))"
        try Files.rename(folder(of: slug), to: doomed)
        try Files.remove("\(doomed)/\(DataKeyFile.name)")
        try Files.removeFolder(doomed)
    }

    /// Whether nobody has written the account's file just now.
    func isSettled(_ slug: AccountSlug) -> Bool {
        guard let age = try? Files.secondsSinceChange(databasePath(of: slug)) else { return true }
        return age >= Self.settledSeconds || age < 0
    }

    private static let settledSeconds = 2

    /// Whether another process may have taken it from this one.
    public var isLost: Bool { lock?.loss() != nil }

    /// Writes a little and removes it again: what cannot be written must not take work.
    ///
    /// - Throws: what the system says of it.
    public func proveWritable() throws {
        let probe = "\(path)/.write-probe"
        // A whole block, which a full disk has no room for.
        try Files.replace(probe, with: [UInt8](repeating: 0, count: 4096))
        try Files.remove(probe)
    }

    /// Finishes erasures that a crash interrupted.
    public func sweep() throws {
        for name in try Files.names(in: path) where name.hasPrefix(Self.deletedPrefix) {
            try Files.removeFolder("\(path)/\(name)")
        }
    }

    /// The accounts whose data key no master key of the ring opens, each with its sentence.
    public func lockedOut(by ring: MasterKeyRing) throws -> [String] {
        let known = Set(ring.keys.map(\.id))
        return try accounts().compactMap { slug -> String? in
            guard let file = try? DataKeyFile(path: keyPath(of: slug)) else { return nil }
            guard known.contains(file.masterKeyID) else {
                return "account \(slug) cannot be opened: its data key is wrapped by master key \(file.masterKeyID)"
            }
            do throws(MasterKeyError) { _ = try file.unwrap(slug: slug, ring: ring) } catch { return error.description }
            return nil
        }
    }

    /// Wraps every data key with the ring's current master key.
    ///
    /// - Returns: how many were wrapped anew, and a sentence for each account whose key could not be.
    func rewrap(by ring: MasterKeyRing) throws -> (count: Int, failures: [String]) {
        var count = 0
        var failures: [String] = []
        for slug in try accounts() {
            do {
                let file = try DataKeyFile(path: keyPath(of: slug))
                guard file.masterKeyID != ring.current.id else { continue }
                let dataKey = try file.unwrap(slug: slug, ring: ring)
                try DataKeyFile(wrapping: dataKey, of: slug, by: ring).save(path: keyPath(of: slug))
                count += 1
            } catch {
                failures.append("account \(slug): \(error)")
            }
        }
        return (count, failures)
    }
}

/// Why an account cannot be had.
public struct AccountError: Error, Equatable, CustomStringConvertible {
    /// The causes.
    public enum Code: Sendable {
        /// There is no such account.
        case unknown
        /// There is one already.
        case exists
        /// Another program holds a lock on its file for now.
        case busy
        /// It is there, but damaged, newer than this server, or not to be opened.
        case unavailable
    }
    /// The cause.
    public let code: Code
    /// A sentence that says what to do.
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
