import Cryptography
import Foundation
import GRDB
import JSON
import Synchronization

/// The account file: WAL, `synchronous=FULL`, one writer and a few readers.
///
/// Every verb is one closure on one connection; nothing but plain records leaves it.
final class SQLiteStore: Sendable {
    static let fileName = "account.sqlite"

    /// How long a writer waits for another process (a backup tool, say) before it gives up.
    private static let busyTimeout = 5.0
    /// Reads of one account that run side by side; each costs two file descriptors.
    private static let maximumReaders = 2

    /// What a write changes, beside the file.
    enum Effect: Equatable {
        /// Something that decides who may do what: whatever memory holds of this account is out of date.
        case permissions(edits: EditScope)
        /// The change ends sessions. It invalidates cached exchanges, but not the list of content's editors.
        case sessions
        /// Tokens or flows, which their own service keeps in step.
        case nothing

        var edits: EditScope? { if case .permissions(let edits) = self { edits } else { nil } }
    }

    let pool: DatabasePool
    private let changes: ChangeCounter
    private let path: String
    private let identity: FileIdentity
    private let lock: FolderLock?
    /// Writes the audit's lines.
    let log: EventLog
    /// The files beside the rows.
    let bundles: BundleFiles
    /// The limits that writes check.
    let quotas: Quotas
    private let beforeChange: @Sendable () async -> Void
    /// Rings when something was queued that is done in the background.
    let bell = QueueBell()

    /// Creates the file of a new account; fails where there is one.
    static func create(path: String, slug: AccountSlug, name: String, at now: Timestamp) throws {
        guard !Files.exists(path) else { throw StoreError(.failed, "there is an account file already") }
        let pool = try openPool(path: path)
        try Schema.migrator.migrate(pool)
        try pool.write { db in
            try db.execute(
                sql: "INSERT INTO account (id, slug, name, created_at) VALUES (1, ?, ?, ?)",
                arguments: [slug.text, name, now.seconds]
            )
        }
        try pool.close()
    }

    /// Opens the file of an account, after making sure that it is one, and brings its schema up to date.
    ///
    /// - Throws: `StoreError`: `damaged`, `newerSchema`, or what the database says. A file that is refused is not touched.
    ///
    /// - Parameters:
    ///   - lock: what is held of the folder; nil where nobody else can be writing.
    ///   - beforeChange: awaited before each change that leaves a line in the audit; tests hold a change there.
    init(
        path: String, slug: AccountSlug, changes: ChangeCounter, auditKey: SecretBytes, bundles: BundleFiles,
        quotas: Quotas = Quotas(), lock: FolderLock? = nil, beforeChange: @escaping @Sendable () async -> Void = {}
    ) throws(StoreError) {
        self.changes = changes
        self.path = path
        self.quotas = quotas
        self.lock = lock
        self.bundles = bundles
        self.beforeChange = beforeChange
        log = EventLog(key: auditKey)
        do {
            guard try Files.read(path, limit: 16) == Array("SQLite format 3\0".utf8) else {
                throw StoreError(.damaged, "the account file is no database")
            }
            let before = FileIdentity(path: path)
            try Self.refuseForeign(path: path, slug: slug)
            pool = try Self.openPool(path: path)
            guard let before, before == FileIdentity(path: path) else { throw Self.moved }
            identity = before
            try Schema.migrator.migrate(pool)
            pool.add(transactionObserver: bell, extent: .databaseLifetime)
        } catch {
            throw StoreError(mapping: error)
        }
    }

    /// A look through a read-only connection, so that a file which is not ours, or newer than us, stays as it is.
    private static func refuseForeign(path: String, slug: AccountSlug) throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(busyTimeout)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        try queue.read { db in
            if try Schema.migrator.hasBeenSuperseded(db) {
                throw StoreError(.newerSchema, "the account file was written by a newer version of Gatehouse")
            }
            guard try String.fetchOne(db, sql: "SELECT slug FROM account") == slug.text else {
                throw StoreError(.damaged, "the account file belongs to an account of another name")
            }
        }
    }

    private static func openPool(path: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.label = "account"
        configuration.maximumReaderCount = maximumReaders
        configuration.busyMode = .timeout(busyTimeout)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
        }
        let pool = try DatabasePool(path: path, configuration: configuration)
        // The pool sets synchronous=NORMAL on its writer after `prepareDatabase` has run; a token that was handed out must
        // be on disk, so it is set back here.
        try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
        return pool
    }

    /// The name people gave the account, and when.
    func about() throws(StoreError) -> (name: String, createdAt: Timestamp) {
        do {
            let row = try pool.read { db in try Row.fetchOne(db, sql: "SELECT name, created_at FROM account") }
            guard let row else { throw StoreError(.damaged, "the account file has no account") }
            return (row["name"], Timestamp(seconds: row["created_at"]))
        } catch {
            throw StoreError(mapping: error)
        }
    }

    /// Gives the account another name for people.
    func rename(to name: String, noting event: EventRecord?) async throws(StoreError) {
        try await write(.nothing, noting: event) { db in
            try db.execute(sql: "UPDATE account SET name = ?", arguments: [name])
        }
    }

    /// Whether the file at its path is the one that is open here. Costs a microsecond.
    var isInPlace: Bool { FileIdentity(path: path) == identity }

    private static var moved: StoreError {
        StoreError(.cannotWrite, "the account file was moved or replaced while it was open")
    }

    /// Refuses a write to a replaced file, or without the folder's lock: such a write would be lost silently.
    private func requirePlace() throws {
        if let loss = lock?.loss() { throw StoreError(.cannotWrite, loss) }
        guard isInPlace else { throw Self.moved }
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(StoreError) -> Value
    {
        do { return try await pool.read(body) } catch { throw StoreError(mapping: error) }
    }

    func write<Value: Sendable>(
        _ effect: Effect, noting event: EventRecord? = nil, judging events: [EventRecord] = [],
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        if event != nil || !events.isEmpty { await beforeChange() }
        // The counter moves however the write ends: one count too many costs a read, one too few would keep a lost right.
        defer { if effect != .nothing { changes.advance() } }
        do {
            let value = try await pool.write { [self] db in
                try requirePlace()
                for event in [event].compactMap(\.self) + events {
                    try Self.require(event.premises, at: event.at, in: db)
                }
                let before = db.totalChangesCount
                let rights = try effect.edits.flatMap { try EditRights($0, in: db) }
                let value = try body(db)
                guard db.totalChangesCount > before else { return value }
                // Whatever was asked for, a line says what was done.
                if let event { try log.append(event, in: db) }
                if let rights { try endContentKeys(rights, noting: event, in: db) }
                return value
            }
            // Reports a failure where the file was replaced during the write.
            try requirePlace()
            return value
        } catch {
            throw StoreError(mapping: error)
        }
    }

    /// The value of a pragma on the writer and on a reader; for the tests that hold us to our settings.
    func pragma(_ name: String) async throws -> [String] {
        let writer = try await pool.writeWithoutTransaction { db in try String.fetchOne(db, sql: "PRAGMA \(name)") ?? ""
        }
        let reader = try await pool.read { db in try String.fetchOne(db, sql: "PRAGMA \(name)") ?? "" }
        return [writer, reader]
    }
}

/// Counts the changes to an account's permissions; what memory holds is good for one value of it.
public final class ChangeCounter: Sendable {
    private let value = Atomic<UInt64>(0)

    /// The count by now.
    public var current: UInt64 { value.load(ordering: .acquiring) }

    func advance() { value.wrappingAdd(1, ordering: .acquiringAndReleasing) }
}

extension StoreError {
    /// Sorts what the database says. Messages of SQLite name columns, never values.
    init(mapping error: any Error) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError: self.init(mapping: error)
        case let error as Files.Failure: self.init(.failed, error.description)
        default: self.init(.failed, "the account file cannot be used")
        }
    }

    private init(mapping error: DatabaseError) {
        let message = error.message ?? "no message"
        switch error.resultCode {
        case .SQLITE_CONSTRAINT where message.hasPrefix("UNIQUE constraint failed: "):
            let column = message.split(separator: ".").last.map(String.init) ?? "value"
            self.init(.conflict(column), "another row has that \(column)")
        case .SQLITE_CONSTRAINT where error.extendedResultCode == .SQLITE_CONSTRAINT_FOREIGNKEY:
            self.init(.notFound, "a row that this one refers to is gone")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.busy, "another program holds a lock on the account file: \(message)")
        case .SQLITE_FULL, .SQLITE_READONLY, .SQLITE_IOERR, .SQLITE_CANTOPEN:
            self.init(.cannotWrite, "the account file cannot be written: \(message)")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(.damaged, "the account file is damaged: \(message)")
        case .SQLITE_ERROR where message.hasPrefix("no such table"):
            self.init(.damaged, "the account file is no account file: \(message)")
        default: self.init(.failed, "the database says: \(message)")
        }
    }
}

/// Columns read as the domain's types. A value that does not fit was not written by us.
extension Row {
    /// What a statement finds, each row made into a value while SQLite still stands on it.
    ///
    /// A row that is kept is copied, and looks for each column by comparing name after name; this one asks a table that the
    /// statement holds, which counts in lists.
    static func map<Value>(
        _ statement: Statement, arguments: StatementArguments = StatementArguments(), _ value: (Row) throws -> Value
    ) throws -> [Value] {
        var values: [Value] = []
        let rows = try fetchCursor(statement, arguments: arguments)
        while let row = try rows.next() { values.append(try value(row)) }
        return values
    }

    func guid(_ column: String) throws -> GUID {
        guard let guid = GUID(self[column] as String) else { throw StoreError(.damaged, "\(column) is no GUID") }
        return guid
    }

    func optionalGUID(_ column: String) throws -> GUID? { try (self[column] as String?).map { _ in try guid(column) } }

    /// Whom a permission names; its table makes sure that it is one of the two.
    func principal() throws -> Principal {
        if let group = try optionalGUID("group_guid") { return .group(group) }
        return .user(try guid("user_guid"))
    }

    func time(_ column: String) -> Timestamp { Timestamp(seconds: self[column]) }

    func optionalTime(_ column: String) -> Timestamp? { (self[column] as Int64?).map(Timestamp.init(seconds:)) }

    func bytes(_ column: String) -> [UInt8] { Array(self[column] as Data) }

    func optionalBytes(_ column: String) -> [UInt8]? { (self[column] as Data?).map(Array.init) }

    func digest(_ column: String) throws -> Digest {
        guard let digest = Digest(bytes: bytes(column)) else { throw StoreError(.damaged, "\(column) is no hash") }
        return digest
    }

    func value<Value: RawRepresentable>(_ column: String) throws -> Value where Value.RawValue == String {
        guard let value = Value(rawValue: self[column]) else { throw StoreError(.damaged, "\(column) is unknown") }
        return value
    }
}
