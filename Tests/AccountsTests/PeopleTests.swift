import Cryptography
import Storage
import Testing

@testable import Accounts

@Suite struct PeopleTests {
    let fixture: AccountFixture
    let password = SecretString("correct horse battery")

    init() async throws { fixture = try await AccountFixture() }

    @Test func anInviteWorksOnceAndSignsIn() async throws {
        let invitation = try await fixture.invite("vic@acme.example", .viewer)
        let signIn = try await fixture.people.acceptInvite(invitation.token, password: password, from: .system)
        #expect(try await fixture.people.browser(signIn.secret, from: .system)?.user.guid == invitation.user.guid)
        await #expect(
            performing: { try await fixture.people.acceptInvite(invitation.token, password: password, from: .system) },
            throws: Refusal.isCode(.parameter))
    }

    @Test func aNewInviteTakesThePlaceOfTheOld() async throws {
        let invitation = try await fixture.invite("vic@acme.example", .viewer)
        let token = try await fixture.people.inviteAgain(invitation.user, by: fixture.admin)
        #expect(try await fixture.people.invitedUser(invitation.token) == nil)
        #expect(
            try await fixture.people.acceptInvite(token, password: password, from: .system).user.guid
                == invitation.user.guid)
    }

    @Test func anInviteEndsAfterAWeek() async throws {
        let invitation = try await fixture.invite("vic@acme.example", .viewer)
        fixture.time.advance(People.inviteLifetime)
        #expect(try await fixture.people.invitedUser(invitation.token) == nil)
    }

    @Test func aPasswordOfNineCharactersIsTooShort() async throws {
        let invitation = try await fixture.invite("vic@acme.example", .viewer)
        await #expect {
            try await fixture.people.acceptInvite(invitation.token, password: SecretString("123456789"), from: .system)
        } throws: {
            ($0 as? Refusal)?.field == "password"
        }
        #expect(try await fixture.people.invitedUser(invitation.token) != nil)
    }

    @Test func aWrongPasswordAnUnknownUserAndALockedOneLookAlike() async throws {
        let vic = try await fixture.invite("vic@acme.example", .viewer)
        _ = try await fixture.people.acceptInvite(vic.token, password: password, from: .system)
        var sentences: Set<String> = []
        func attempt(_ email: String, _ password: SecretString) async {
            do {
                _ = try await fixture.people.signIn(email: email, password: password, from: .browser("192.0.2.1"))
            } catch {
                sentences.insert("\(error.code) \(error.message)")
            }
        }
        await attempt("vic@acme.example", SecretString("wrong wrong wrong"))
        await attempt("nobody@acme.example", password)
        _ = try await fixture.people.setLocked(true, user: vic.user.guid, by: fixture.admin)
        await attempt("vic@acme.example", SecretString("wrong wrong wrong"))
        #expect(sentences.count == 1)
        // Only that person can know the password, and needs to know what to do.
        await #expect(
            performing: {
                try await fixture.people.signIn(
                    email: "vic@acme.example", password: password, from: .browser("192.0.2.1"))
            },
            throws: Refusal.isCode(.userLocked))
    }

    @Test func failedAttemptsAreLimitedAndTheLimitEnds() async throws {
        let vic = try await fixture.invite("vic@acme.example", .viewer)
        _ = try await fixture.people.acceptInvite(vic.token, password: password, from: .system)
        let limiter = fixture.people.limiter
        for _ in 0..<AttemptLimiter.maximumFailures {
            limiter.count("\(fixture.account.fingerprint) vic@acme.example from 192.0.2.1")
        }
        await #expect(
            performing: {
                try await fixture.people.signIn(
                    email: "vic@acme.example", password: password, from: .browser("192.0.2.1"))
            },
            throws: Refusal.isCode(.tooManyRequests)
        )
        #expect(
            try await fixture.people.signIn(email: "vic@acme.example", password: password, from: .browser("192.0.2.2"))
                .user.guid
                == vic.user.guid)
        fixture.time.advance(AttemptLimiter.period)
        _ = try await fixture.people.signIn(email: "vic@acme.example", password: password, from: .browser("192.0.2.1"))
    }

    @Test func aHashOfEarlierDaysIsMadeAnewAtTheNextSignIn() async throws {
        let vic = try await fixture.invite("vic@acme.example", .viewer)
        _ = try await fixture.people.acceptInvite(vic.token, password: password, from: .system)
        let stored = try #require(try await fixture.account.store.user(vic.user.guid)?.passwordHash)
        // scrypt of the password with N = 2^10, made elsewhere.
        try await fixture.account.store.renewPasswordHash(
            of: vic.user.guid, from: stored,
            to: "$scrypt$ln=10,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$xXt6EAFzAOlee5Hgl8R5+kLA6sDARjRcMGtm6fZJsa8")
        _ = try await fixture.people.signIn(email: "vic@acme.example", password: password, from: .browser("192.0.2.1"))
        let renewed = try #require(try await fixture.account.store.user(vic.user.guid)?.passwordHash)
        #expect(renewed.hasPrefix("$scrypt$ln=15,"))
        _ = try await fixture.people.signIn(email: "vic@acme.example", password: password, from: .browser("192.0.2.1"))
    }

    @Test func aLockedUsersKeyAndBrowserStopAtOnce() async throws {
        let vic = try await fixture.invite("vic@acme.example", .viewer)
        let signIn = try await fixture.people.acceptInvite(vic.token, password: password, from: .system)
        #expect(try await fixture.people.caller(key: vic.apiKey, from: .system).user.guid == vic.user.guid)
        _ = try await fixture.people.setLocked(true, user: vic.user.guid, by: fixture.admin)
        await #expect(
            performing: { try await fixture.people.caller(key: vic.apiKey, from: .system) },
            throws: Refusal.isCode(.userLocked))
        #expect(try await fixture.people.browser(signIn.secret, from: .system) == nil)
    }

    @Test func aBrowserIsSignedOutAndItsSessionEndsByItself() async throws {
        let vic = try await fixture.invite("vic@acme.example", .viewer)
        let signIn = try await fixture.people.acceptInvite(vic.token, password: password, from: .system)
        let identity = try #require(try await fixture.people.browser(signIn.secret, from: .system))
        try await fixture.people.signOut(identity)
        #expect(try await fixture.people.browser(signIn.secret, from: .system) == nil)
        let again = try await fixture.people.signIn(
            email: "vic@acme.example", password: password, from: .browser("192.0.2.1"))
        fixture.time.advance(People.sessionLifetime)
        #expect(try await fixture.people.browser(again.secret, from: .system) == nil)
    }

    @Test func aKeyNeverDoesMoreThanItsUser() async throws {
        let pat = try await fixture.invite("pat@acme.example", .publisher)
        let caller = try await fixture.people.caller(key: pat.apiKey, from: .system)
        await #expect(
            performing: {
                try await fixture.people.createKey(name: "x", role: .administrator, expiresAt: nil, for: caller)
            },
            throws: Refusal.isCode(.permissionDenied)
        )
        let (record, key) = try await fixture.people.createKey(name: "ci", role: .viewer, expiresAt: nil, for: caller)
        #expect(try await fixture.people.caller(key: key, from: .system).role == .viewer)
        var fields = People.Fields()
        fields.role = .viewer
        _ = try await fixture.people.update(pat.user.guid, fields, by: fixture.admin.caller)
        // Judged before the role was taken away.
        await #expect(
            performing: { try await fixture.people.deleteKey(record.id, of: caller) },
            throws: Refusal.isCode(.permissionDenied))
        let viewer = try await fixture.people.caller(key: pat.apiKey, from: .system)
        #expect(viewer.role == .viewer)
        try await fixture.people.deleteKey(record.id, of: viewer)
        await #expect(
            performing: { try await fixture.people.caller(key: key, from: .system) },
            throws: Refusal.isCode(.authenticationRequired))
    }

    @Test func aKeyCarriesItsAccountAndACheckSum() async throws {
        let key = try await fixture.invite("vic@acme.example", .viewer).apiKey.reveal()
        #expect(key.hasPrefix("gh_"))
        #expect(APIKey.tenant(of: Array(key.utf8)) == fixture.account.fingerprint)
        for position in key.utf8.indices.dropFirst(3) {
            var bytes = Array(key.utf8)
            let index = key.utf8.distance(from: key.startIndex, to: position)
            bytes[index] = bytes[index] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
            #expect(APIKey.tenant(of: bytes) == nil)
        }
    }

    @Test(arguments: [
        "", "vic", "@acme.example", "vic@", "vic@acme", "a b@acme.example", "vic@acme.example\n", "<vic@acme.example>",
        "vic@acme..example",
    ])
    func whatIsNoEmailIsRefused(_ email: String) async throws {
        await #expect { try await fixture.invite(email, .viewer) } throws: { ($0 as? Refusal)?.field == "email" }
    }
}
