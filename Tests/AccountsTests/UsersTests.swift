import Cryptography
import Storage
import Testing

@testable import Accounts

@Suite struct UsersTests {
    let fixture: AccountFixture
    let password = SecretString("correct horse battery")

    init() async throws { fixture = try await AccountFixture() }

    private func fields(_ change: (inout People.Fields) -> Void) -> People.Fields {
        var fields = People.Fields()
        change(&fields)
        return fields
    }

    @Test func aUserWithAPasswordSignsInAndOneWithoutGetsAnInvite() async throws {
        let given = fields {
            $0.email = "vic@acme.example"
            $0.username = "vic"
        }
        let (vic, none) = try await fixture.people.create(given, password: password, by: fixture.admin)
        #expect(none == nil && vic.passwordHash != nil && vic.username == "vic" && vic.role == .viewer)
        let signIn = try await fixture.people.signIn(
            email: "VIC@acme.example", password: password, from: .browser("192.0.2.1"))
        #expect(signIn.user.guid == vic.guid)
        let (eve, token) = try await fixture.people.create(
            fields { $0.email = "eve@acme.example" }, password: nil, by: fixture.admin)
        #expect(eve.username == "eve@acme.example" && eve.passwordHash == nil)
        let accepted = try await fixture.people.acceptInvite(
            try #require(token), password: password, from: .system)
        #expect(accepted.user.guid == eve.guid)
    }

    @Test(arguments: [
        ("vic@acme.example", "other", "email"), ("other@acme.example", "VIC", "username"), ("no address", "x", "email"),
        ("x@acme.example", "two words", "username"), ("x@acme.example", "ünal", "username"),
    ])
    func whatIsTakenOrHasNoFormIsRefusedByItsField(_ email: String, _ username: String, _ field: String) async throws {
        _ = try await fixture.people.create(
            fields {
                $0.email = "Vic@acme.example"
                $0.username = "vic"
            }, password: password, by: fixture.admin)
        await #expect {
            try await fixture.people.create(
                fields {
                    $0.email = email
                    $0.username = username
                }, password: nil, by: fixture.admin)
        } throws: {
            ($0 as? Refusal)?.field == field
        }
        #expect(try await fixture.account.store.users().count == 1)
    }

    @Test func aUserChangesTheirOwnNamesAndNothingElse() async throws {
        let vic = Caller(user: try await fixture.invite("vic@acme.example", .viewer).user, origin: .system)
        let pat = try await fixture.publisher().caller
        let renamed = try await fixture.people.update(
            vic.user.guid,
            fields {
                $0.firstName = "Vic"
                $0.email = "vic@acme.example"
                $0.role = .viewer
            }, by: vic
        ).user
        #expect(renamed.firstName == "Vic", "what stays the same is no change")
        let forbidden: [People.Fields] = [
            fields { $0.role = .publisher }, fields { $0.email = "v@acme.example" }, fields { $0.username = "v" },
            fields { $0.uniqueID = "v" },
        ]
        for change in forbidden {
            await #expect(
                performing: { try await fixture.people.update(vic.user.guid, change, by: vic) },
                throws: Refusal.isCode(.permissionDenied))
        }
        await #expect(
            performing: {
                try await fixture.people.update(vic.user.guid, fields { $0.firstName = "Other" }, by: pat)
            },
            throws: Refusal.isCode(.permissionDenied))
        #expect(try await fixture.account.store.user(vic.user.guid) == renamed)
    }

    @Test func namingARoleThatIsTakenAwayMeanwhileDoesNotBringItBack() async throws {
        for round in 0..<8 {
            let pat = try await fixture.publisher("pat\(round)@acme.example").caller
            let (people, admin) = (fixture.people, fixture.admin)
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<12 {
                    let named = fields {
                        $0.role = .publisher
                        $0.firstName = "Pat \(number)"
                    }
                    let demoted = fields { $0.role = .viewer }
                    group.addTask { _ = try? await people.update(pat.user.guid, named, by: pat) }
                    if number == 3 {
                        group.addTask { _ = try? await people.update(pat.user.guid, demoted, by: admin.caller) }
                    }
                }
            }
            #expect(try await fixture.account.store.user(pat.user.guid)?.role == .viewer)
        }
    }

    @Test func whatAUserHasAlreadyIsNoChange() async throws {
        let pat = try await fixture.publisher().caller.user
        var changes = UserChanges()
        changes.role = .publisher
        changes.email = pat.email
        changes.firstName = "Pat"
        changes.isLocked = false
        var named = UserChanges()
        named.firstName = "Pat"
        #expect(changes.beside(pat) == named)
    }

    @Test func nobodyTakesTheirOwnRoleAwayAndTheLastAdministratorStays() async throws {
        let ada = Caller(user: try await fixture.invite("ada@acme.example", .administrator).user, origin: .system)
        let demoted = fields { $0.role = .publisher }
        await #expect(
            performing: { try await fixture.people.update(ada.user.guid, demoted, by: ada) },
            throws: Refusal.isCode(.permissionDenied))
        await #expect(
            performing: { try await fixture.people.update(ada.user.guid, demoted, by: fixture.admin.caller) },
            throws: Refusal.isCode(.parameter))
        await #expect(
            performing: { try await fixture.people.setLocked(true, user: ada.user.guid, by: fixture.admin) },
            throws: Refusal.isCode(.parameter))
        _ = try await fixture.invite("bob@acme.example", .administrator)
        #expect(
            try await fixture.people.update(ada.user.guid, demoted, by: fixture.admin.caller).user.role == .publisher)
    }

    @Test func anotherEmailOfWhoHasNotComeYetNeedsAnotherInvite() async throws {
        let (vic, first) = try await fixture.people.create(
            fields { $0.email = "vik@acme.example" }, password: nil, by: fixture.admin)
        let (moved, second) = try await fixture.people.update(
            vic.guid, fields { $0.email = "vic@acme.example" }, by: fixture.admin.caller)
        #expect(moved.email == "vic@acme.example" && moved.username == "vik@acme.example")
        #expect(try await fixture.people.invitedUser(try #require(first)) == nil)
        #expect(try await fixture.people.invitedUser(try #require(second))?.guid == vic.guid)
    }

    @Test func aKeyThatIsForOneContentChangesNobody() async throws {
        let owner = try await fixture.publisher()
        let content = try await fixture.contents.create(Contents.Fields(), by: owner)
        let key = APIKeyRecord(
            userGUID: owner.caller.user.guid, name: "k", role: .publisher, hint: "h", contentGUID: content.guid,
            createdAt: fixture.time.now)
        let narrow = Caller(user: owner.caller.user, key: key, origin: .system)
        await #expect(
            performing: {
                try await fixture.people.update(narrow.user.guid, fields { $0.firstName = "x" }, by: narrow)
            },
            throws: Refusal.isCode(.permissionDenied))
    }
}
