import Cryptography
import GRDB
import Glibc
import Testing

@testable import Storage

@Suite struct AccountFileTests {
    let temporary: TemporaryFolder

    init() throws { temporary = try TemporaryFolder() }

    @Test func everyConnectionWritesThroughToTheDisk() async throws {
        _ = try temporary.open("acme")
        let slug = try temporary.slug("acme")
        let store = try SQLiteStore(
            path: temporary.folder.databasePath(of: slug), slug: slug, changes: ChangeCounter(), auditKey: .random(32),
            bundles: BundleFiles(path: temporary.folder.bundlesPath(of: slug)))
        #expect(try await store.pragma("synchronous") == ["2", "2"])
        #expect(try await store.pragma("journal_mode") == ["wal", "wal"])
        #expect(try await store.pragma("foreign_keys") == ["1", "1"])
    }

    @Test func aFileOfANewerVersionIsRefusedAndNotTouched() throws {
        _ = try temporary.open("acme")
        let path = temporary.folder.databasePath(of: try temporary.slug("acme"))
        try DatabaseQueue(path: path).write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('99 of the future')")
        }
        let before = try Files.read(path, limit: 1 << 24)
        #expect { try temporary.open("acme") } throws: { "\($0)".contains("newer version") }
        #expect(try Files.read(path, limit: 1 << 24) == before)
    }

    @Test(arguments: ["", "not a database", "SQLite format 3\0 but then rubbish that goes on and on and on"])
    func aDamagedFileIsRefusedAndNotTouched(_ content: String) throws {
        _ = try temporary.open("acme")
        let path = temporary.folder.databasePath(of: try temporary.slug("acme"))
        try Files.replace(path, with: Array(content.utf8))
        for suffix in ["-wal", "-shm"] { try Files.remove(path + suffix) }
        #expect { try temporary.open("acme") } throws: { ($0 as? AccountError)?.code == .unavailable }
        #expect(try Files.read(path) == Array(content.utf8))
    }

    @Test func aFolderUnderAnotherNameIsRefused() throws {
        _ = try temporary.open("acme")
        try Files.rename("\(temporary.path)/acme", to: "\(temporary.path)/globex")
        #expect { try temporary.open("globex") } throws: { ($0 as? AccountError)?.code == .unavailable }
    }

    @Test func anUnfinishedCreationIsNoAccountAndCanBeRepeated() throws {
        let slug = try temporary.slug("acme")
        try Files.createDirectory("\(temporary.path)/acme")
        try Files.replace(temporary.folder.databasePath(of: slug) + ".new", with: [1, 2, 3])
        #expect(try temporary.folder.accounts().isEmpty)
        try temporary.folder.create(slug, name: "Acme", ring: temporary.ring, at: temporary.now)
        #expect(try temporary.folder.accounts() == [slug])
        #expect(try temporary.open("acme").about().name == "Acme")
    }

    @Test func anErasedAccountLeavesNothingBehind() throws {
        _ = try temporary.open("acme")
        try temporary.folder.erase(try temporary.slug("acme"))
        #expect(try Files.names(in: temporary.path).isEmpty)
    }

    @Test func anInterruptedErasureIsFinishedLater() throws {
        _ = try temporary.open("acme")
        try Files.rename("\(temporary.path)/acme", to: "\(temporary.path)/.deleted-acme-00")
        try temporary.folder.sweep()
        #expect(try Files.names(in: temporary.path).isEmpty)
    }

    @Test func aSecondLockNamesTheProcessThatHasTheFirst() throws {
        let lock = try FolderLock(temporary.folder)
        #expect { try FolderLock(temporary.folder) } throws: { "\($0)".contains("process \(getpid()) ") }
        withExtendedLifetime(lock) {}
    }

    @Test func aLockWhoseFileIsGoneIsTakenAgain() throws {
        let lock = try FolderLock(temporary.folder)
        try Files.remove(temporary.folder.lockPath)
        #expect(lock.loss() == nil)
        #expect(throws: FolderLock.Held.self) { try FolderLock(temporary.folder) }
    }

    @Test func aLockThatSomebodyElseHasTakenMeanwhileIsLostForGood() throws {
        let lock = try FolderLock(temporary.folder)
        try Files.remove(temporary.folder.lockPath)
        do { _ = try FolderLock(temporary.folder) }
        #expect(lock.loss() != nil)
        try Files.remove(temporary.folder.lockPath)
        #expect(lock.loss() != nil)
    }
}
