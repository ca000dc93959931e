import Cryptography
import Storage
import Testing

@testable import Accounts

@Suite struct WorkbenchSessionTests {
    let fixture: AccountFixture
    let sessions: WorkbenchSessions
    let viewer: Caller

    init() async throws {
        fixture = try await AccountFixture()
        sessions = try WorkbenchSessions(account: fixture.account, clock: fixture.time.clock)
        viewer = Caller(user: try await fixture.invite("vic@acme.example", .viewer).user, origin: .system)
    }

    private func user(_ cookie: SecretString) async throws -> GUID {
        try await sessions.caller(cookie: cookie, from: .system).user.guid
    }

    @Test func theCookieNamesItsEndAsClientsReadIt() async throws {
        #expect(WorkbenchCookie.date(Timestamp(seconds: 1_795_262_400)) == "Sat, 21 Nov 2026 12:00:00 GMT")
        #expect(WorkbenchCookie.date(Timestamp(seconds: 0)) == "Thu, 01 Jan 1970 00:00:00 GMT")
        let parts = try await sessions.open(for: nil, hours: 1, by: viewer).cookie.reveal().split(separator: "|")
        // The fixture's clock begins at 2027-01-15T08:00:00Z.
        #expect(parts.count == 3 && parts[1] == "Fri%2C%2015%20Jan%202027%2009%3A00%3A00%20GMT")
    }

    @Test func itWorksUntilItsEnd() async throws {
        let opened = try await sessions.open(for: nil, hours: 2, by: viewer)
        #expect(WorkbenchCookie.claimedTenant(of: opened.cookie.reveal()) == fixture.account.fingerprint)
        #expect(try await user(opened.cookie) == viewer.user.guid)
        fixture.time.advance(.seconds(2 * 60 * 60 - 1))
        _ = try await user(opened.cookie)
        fixture.time.advance(.seconds(1))
        await #expect(
            performing: { try await user(opened.cookie) }, throws: Refusal.isCode(.authenticationRequired))
        #expect(try await sessions.own(viewer).isEmpty)
    }

    @Test func aChangedCookieIsWorthNothing() async throws {
        let cookie = try await sessions.open(for: nil, hours: 2, by: viewer).cookie.reveal()
        for changed in [
            cookie.replacing("2027", with: "2099"), String(cookie.dropLast()), cookie + "|", "a|b|c", "", "||",
        ] {
            await #expect(
                performing: { try await user(SecretString(changed)) }, throws: Refusal.isCode(.authenticationRequired))
        }
    }

    @Test func aLockEndsItForGood() async throws {
        let opened = try await sessions.open(for: nil, hours: 2, by: viewer)
        for locked in [true, false] {
            _ = try await fixture.people.setLocked(locked, user: viewer.user.guid, by: fixture.admin)
        }
        await #expect(
            performing: { try await user(opened.cookie) }, throws: Refusal.isCode(.authenticationRequired))
    }

    @Test func onlyTheOperatorOpensOneForSomebodyElse() async throws {
        let owner = try await fixture.publisher()
        let admin = Caller(
            user: try await fixture.invite("ada@acme.example", .administrator).user, origin: .browser("192.0.2.1"))
        for caller in [owner.caller, admin] {
            await #expect(
                performing: { try await sessions.open(for: viewer.user.guid, hours: 1, by: caller) },
                throws: Refusal.isCode(.permissionDenied))
        }
        let opened = try await sessions.open(for: viewer.user.guid, hours: 1, by: fixture.admin.caller)
        #expect(try await user(opened.cookie) == viewer.user.guid)
        await #expect(
            performing: { try await sessions.end(opened.session.guid, by: owner.caller) },
            throws: Refusal.isCode(.objectDoesNotExist))
        try await sessions.end(opened.session.guid, by: viewer)
        await #expect(
            performing: { try await user(opened.cookie) }, throws: Refusal.isCode(.authenticationRequired))
    }

    @Test func aContentsKeyOpensNone() async throws {
        let owner = try await fixture.publisher()
        let content = try await fixture.contents.create(.init(), by: owner)
        let key = try await fixture.people.contentKey(of: content, for: owner).key
        let caller = try await fixture.people.caller(key: key, from: .system)
        await #expect(
            performing: { try await sessions.open(for: nil, hours: 1, by: caller) },
            throws: Refusal.isCode(.permissionDenied))
    }

    @Test(arguments: [0, -1, 721, Int.max]) func hoursHaveLimits(_ hours: Int) async throws {
        await #expect(
            performing: { try await sessions.open(for: nil, hours: hours, by: viewer) },
            throws: Refusal.isCode(.parameter))
    }
}
