import Glibc
import Testing

@testable import Storage

@Suite struct AccountDirectoryTests {
    let temporary: TemporaryFolder

    init() throws { temporary = try TemporaryFolder() }

    private func directory(limit: Int, accounts: [String]) throws -> AccountDirectory<OpenAccount> {
        for name in accounts { _ = try temporary.open(name) }
        return try AccountDirectory(folder: temporary.folder, ring: temporary.ring, limit: limit) { $0 }
    }

    @Test func onlySoManyAccountsStayOpen() async throws {
        let names = (0..<6).map { "account-\($0)" }
        let directory = try directory(limit: 3, accounts: names)
        for name in names { #expect(try await directory.tenant(try temporary.slug(name)) != nil) }
        #expect(directory.openCount == 3)
        #expect(directory.opened(TenantFingerprint(of: try temporary.slug("account-5"))) != nil)
        #expect(directory.opened(TenantFingerprint(of: try temporary.slug("account-0"))) == nil)
    }

    @Test func anAccountThatSomebodyHoldsIsNeverOpenedTwice() async throws {
        let directory = try directory(limit: 1, accounts: ["acme", "globex"])
        let held = try #require(try await directory.tenant(try temporary.slug("acme")))
        _ = try await directory.tenant(try temporary.slug("globex"))
        #expect(try await directory.tenant(try temporary.slug("acme")) === held)
    }

    @Test func manyWhoAskAtOnceGetTheSameAccount() async throws {
        let directory = try directory(limit: 4, accounts: ["acme"])
        let fingerprint = TenantFingerprint(of: try temporary.slug("acme"))
        let tenants = try await withThrowingTaskGroup(of: ObjectIdentifier?.self) { group in
            for _ in 0..<50 { group.addTask { try await directory.tenant(fingerprint).map { ObjectIdentifier($0) } } }
            return try await group.reduce(into: Set<ObjectIdentifier?>()) { $0.insert($1) }
        }
        #expect(tenants.count == 1)
    }

    /// What the upper rooms make of an account.
    private final class Tenant: Sendable {
        let account: OpenAccount
        init(_ account: OpenAccount) { self.account = account }
    }

    @Test func anAccountThatOutlivesItsTenantIsUsedAgain() async throws {
        for name in ["acme", "globex"] { _ = try temporary.open(name) }
        let directory = try AccountDirectory(folder: temporary.folder, ring: temporary.ring, limit: 1) { Tenant($0) }
        let slug = try temporary.slug("acme")
        // As whoever still writes for an account that has closed.
        let held = try #require(try await directory.tenant(slug)?.account)
        _ = try await directory.tenant(try temporary.slug("globex"))
        #expect(directory.opened(TenantFingerprint(of: slug)) == nil, "its tenant is gone")
        #expect(try await directory.tenant(slug)?.account === held)
    }

    private func replace(_ path: String, age: Int) throws {
        try Files.replace(path, with: try Files.read(path, limit: .max))
        var times = [timeval(tv_sec: time(nil) - age, tv_usec: 0), timeval(tv_sec: time(nil) - age, tv_usec: 0)]
        #expect(utimes(path, &times) == 0)
    }

    @Test func anAccountThatWasReplacedIsOpenedAnewWhenNobodyHoldsTheOldOne() async throws {
        let directory = try directory(limit: 4, accounts: ["acme"])
        let slug = try temporary.slug("acme")
        var held = try await directory.tenant(slug)
        let before = held?.changes.current
        try replace(temporary.folder.databasePath(of: slug), age: 60)
        await #expect(throws: AccountError.self) { _ = try await directory.tenant(slug) }
        #expect(held?.isGone == true && held?.changes.current != before)
        #expect(directory.opened(TenantFingerprint(of: slug)) == nil)
        await #expect(throws: AccountError.self) { _ = try await directory.tenant(slug) }
        held = nil
        #expect(try await directory.tenant(slug)?.isGone == false)
    }

    @Test func aFileThatWasWrittenJustNowIsNotOpenedInThePlaceOfAnother() async throws {
        let directory = try directory(limit: 4, accounts: ["acme"])
        let slug = try temporary.slug("acme")
        _ = try await directory.tenant(slug)
        try replace(temporary.folder.databasePath(of: slug), age: 0)
        #expect(directory.watch().count == 1 && directory.watch().isEmpty)
        await #expect(throws: AccountError.self) { _ = try await directory.tenant(slug) }
        try replace(temporary.folder.databasePath(of: slug), age: 60)
        #expect(try await directory.tenant(slug) != nil)
    }

    @Test func nothingIsWrittenToAFileThatHasNoNameAnyMore() async throws {
        let directory = try directory(limit: 4, accounts: ["acme"])
        let account = try #require(try await directory.tenant(try temporary.slug("acme")))
        try replace(temporary.folder.databasePath(of: account.slug), age: 60)
        await #expect(throws: StoreError.self) { try await account.rename(to: "lost", noting: nil) }
        #expect(account.name != "lost")
    }

    @Test func anUnknownFingerprintIsNoAccount() async throws {
        let directory = try directory(limit: 4, accounts: ["acme"])
        #expect(try await directory.tenant(TenantFingerprint(value: 1)) == nil)
    }

    @Test func aCreatedAccountIsThereAtOnceAndAnErasedOneGone() async throws {
        let directory = try directory(limit: 4, accounts: [])
        let slug = try temporary.slug("acme")
        try directory.create(slug, name: "Acme", at: temporary.now)
        let tenant = try #require(try await directory.tenant(slug))
        try await directory.erase(slug) { $0.markErased() }
        #expect(tenant.isErased)
        #expect(try await directory.tenant(slug) == nil)
    }

    @Test func aDamagedAccountDoesNotHurtTheOthers() async throws {
        let directory = try directory(limit: 4, accounts: ["acme", "globex"])
        let path = temporary.folder.databasePath(of: try temporary.slug("acme"))
        try Files.replace(path, with: Array("rubbish".utf8))
        await #expect(throws: AccountError.self) { _ = try await directory.tenant(try temporary.slug("acme")) }
        #expect(try await directory.tenant(try temporary.slug("globex")) != nil)
    }
}
