import Accounts
import Cryptography
import HTTPClient
import JSON
import OAuthClient
import Storage
import Testing

@testable import Integrations

@Suite struct SingleSignOnTests {
    private func settings(_ change: (inout SingleSignOnSettings.Fields) -> Void) async throws -> SingleSignOnSettings {
        var fields = SingleSignOnSettings.Fields()
        fields.issuer = "https://idp.example"
        fields.clientID = "client"
        change(&fields)
        return try await SingleSignOnSettings(fields) { _ in nil }
    }

    private func person(_ claims: JSONObject) -> ProviderPerson {
        ProviderPerson(issuer: "https://idp.example", subject: "u1", claims: claims)
    }

    @Test func theGreatestRoleCountsAndNoneIsNone() async throws {
        let rules = try await settings {
            $0.roleClaim = "roles"
            $0.roles = "read = viewer\n\nCN=Admins,OU=Groups = Administrator\nwrite=publisher"
        }
        #expect(rules.roles.map(\.value) == ["read", "CN=Admins,OU=Groups", "write"])
        #expect(rules.role(by: ["roles": ["read", "write"]]) == .publisher)
        #expect(rules.role(by: ["roles": "CN=Admins,OU=Groups"]) == .administrator)
        for claims: JSONObject in [[:], ["roles": []], ["roles": ["Read"]], ["roles": 5], ["roles": ["read": true]]] {
            #expect(rules.role(by: claims) == nil)
        }
    }

    @Test func claimsAreFoundByTheirNameFirstAndThenInsideObjects() {
        let claims: JSONObject = [
            "realm_access": ["roles": ["a", "b"]], "https://corp.example/roles": ["c"], "a.b": "plain",
            "a": ["b": "deep"],
            "flag": true, "number": 7, "nothing": .null,
        ]
        #expect(ClaimValues.texts("realm_access.roles", in: claims) == ["a", "b"])
        #expect(ClaimValues.texts("https://corp.example/roles", in: claims) == ["c"])
        #expect(ClaimValues.texts("a.b", in: claims) == ["plain"])
        #expect(ClaimValues.texts("flag", in: claims) == ["true"] && ClaimValues.texts("number", in: claims) == ["7"])
        for name in ["nothing", "missing", "realm_access", "realm_access.roles.a", "", "."] {
            #expect(ClaimValues.texts(name, in: claims).isEmpty)
        }
    }

    @Test func whatATokenLeavesOutIsNotTakenAway() async throws {
        let group = GUID(tenant: .init(of: try #require(AccountSlug("acme"))))
        var fields = SingleSignOnSettings.Fields()
        (fields.issuer, fields.clientID) = ("https://idp.example", "client")
        (fields.groupClaim, fields.groups, fields.roleClaim, fields.roles) = (
            "groups", "g = G", "roles", "r = publisher"
        )
        let rules = try await SingleSignOnSettings(fields) { _ in group }
        #expect(rules.membership(by: ["groups": ["g"]]) == [group: true])
        for claims: JSONObject in [[:], ["groups": []], ["hasgroups": false], ["_claim_names": ["email": "src1"]]] {
            #expect(rules.membership(by: claims) == [group: false])
            #expect(rules.omissions(in: claims).isEmpty)
        }
        let left: [JSONObject] = [
            ["_claim_names": ["groups": "src1"], "_claim_sources": ["src1": ["endpoint": "https://graph.example"]]],
            ["hasgroups": true], ["hasgroups": "true"],
        ]
        for claims in left {
            #expect(rules.membership(by: claims).isEmpty)
            #expect(rules.omissions(in: claims).map(\.kind) == ["groups"])
        }
        #expect(rules.omissions(in: ["_claim_names": ["roles": "src1"]]).map(\.kind) == ["role"])
        #expect(rules.omissions(in: ["groups": ["g"], "hasgroups": true]).isEmpty)
    }

    @Test func anEmailCountsOnlyWhereItIsVerifiedAndOfAnAllowedDomain() async throws {
        let rules = try await settings { $0.domains = "@Corp.example, other.example" }
        #expect(rules.domains == ["corp.example", "other.example"])
        let good: JSONObject = ["email": "ann@CORP.example", "email_verified": true]
        #expect(rules.obstacle(of: person(good)) == nil)
        #expect(rules.obstacle(of: person(good.merging(["email_verified": "true"]))) == nil)
        for verified: JSON in [false, "false", .null, 1, "yes"] {
            #expect(rules.obstacle(of: person(good.merging(["email_verified": verified]))) == .emailNotVerified)
        }
        #expect(rules.obstacle(of: person(["email": "ann@corp.example"])) == .emailNotVerified)
        for email in ["ann@evil.example", "ann@sub.corp.example", "ann@corp.example.evil.example"] {
            #expect(rules.obstacle(of: person(good.merging(["email": .string(email)]))) == .domainNotAllowed)
        }
        for email: JSON in ["", "ann", "a@b@corp.example", "ann@corp.example\u{202E}", 5, .null] {
            #expect(rules.obstacle(of: person(good.merging(["email": email]))) == .noEmail)
        }
    }

    @Test func whatIsKeptIsReadAgain() async throws {
        let rules = try await settings {
            $0.domains = "corp.example"
            $0.createsUsers = true
            $0.defaultRole = "publisher"
            $0.roleClaim = "r"
            $0.roles = "a = viewer"
        }
        #expect(SingleSignOnSettings(stored: rules.stored) == rules)
        #expect(SingleSignOnSettings(stored: [:]).requiresVerifiedEmail)
    }

    @Test func theSecretOpensForItsIssuerAndClientAlone() async throws {
        let house = try await HouseFixture()
        let service = house.tenant.singleSignOn
        let rules = try await settings { _ in }
        let sealed = try #require(try service.seal(SecretString("the secret"), for: rules, after: nil))
        let before = SingleSignOnState(version: 1, settings: rules.stored, sealedSecret: sealed)
        #expect(try service.seal(nil, for: rules, after: before) == sealed)
        #expect(try service.seal(SecretString("the secret"), for: rules, after: before) == sealed)
        for change: (inout SingleSignOnSettings) -> Void in [
            { $0.issuer = "https://evil.example" }, { $0.clientID = "c" },
        ] {
            var other = rules
            change(&other)
            #expect(throws: Refusal.self) { try service.seal(nil, for: other, after: before) }
            #expect(throws: CryptographyError.self) {
                try house.tenant.account.vault.open(sealed, at: other.secretPlace)
            }
        }
    }

    @Test func anEmailNeverConnectsAnAdministratorWithAPassword() async throws {
        let house = try await HouseFixture()
        let service = house.tenant.singleSignOn
        var rules = try await settings { _ in }
        let vic = person(["email": "VIC@acme.example", "email_verified": true])
        guard case .links(let user) = try await service.verdict(on: vic, rules) else {
            Issue.record("an invited user is not recognised")
            return
        }
        #expect(user.guid == house.viewer.guid)
        let admin = Administrator.operator(house.tenant.account, at: house.time.now)
        let ada = try await house.tenant.people.invite(email: "ada@acme.example", role: .administrator, by: admin)
        let her = person(["email": "ada@acme.example", "email_verified": true])
        guard case .links = try await service.verdict(on: her, rules) else {
            Issue.record("an administrator who never had a password is not recognised")
            return
        }
        rules.requiresVerifiedEmail = false
        let unverified = person(["email": "ada@acme.example"])
        guard case .refused(.emailNotVerified) = try await service.verdict(on: unverified, rules) else {
            Issue.record("an administrator is recognised by an email that nobody vouches for")
            return
        }
        _ = try await house.tenant.people.acceptInvite(
            ada.token, password: SecretString("correct horse battery"), from: .system)
        guard case .refused(.administratorWithPassword) = try await service.verdict(on: her, rules) else {
            Issue.record("an administrator with a password is taken over")
            return
        }
    }

    @Test func twoFirstSignInsAtTheSameTimeMakeOneUser() async throws {
        let house = try await HouseFixture()
        let service = house.tenant.singleSignOn
        let rules = try await settings { $0.createsUsers = true }
        let state = SingleSignOnState(version: 1, settings: rules.stored, sealedSecret: nil)
        try await house.tenant.account.store.saveSingleSignOn(
            SingleSignOnRecord(draft: state, live: state, updatedAt: house.time.now), noting: nil)
        let new = person(["email": "new@acme.example", "email_verified": true, "name": "New Person"])
        let users = try await withThrowingTaskGroup(of: GUID.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await service.signIn(
                        new, rules, version: 1, from: Origin(.browser, address: nil, correlationID: "")
                    ).user.guid
                }
            }
            return try await group.reduce(into: Set<GUID>()) { $0.insert($1) }
        }
        #expect(users.count == 1)
        let created = try await house.audit().filter {
            $0.action == .userCreated && $0.details["by"] == "single_sign_on"
        }
        #expect(created.count == 1)
    }

    @Test func keysThatAreKnownOutliveARenewalThatFails() async throws {
        let (time, provider) = (TestClock(), ScriptedProvider())
        let desk = IssuerDesk(clock: time.monotonic, policy: HouseFixture.policy, transport: provider)
        let address = "https://issuer.example/keys"
        let keys = Array(#"{"keys": []}"#.utf8)
        provider.next { _ throws(OutboundError) in ScriptedProvider.json(200, keys) }
        _ = try await desk.keys(at: address)
        provider.fails(.notConnected)
        await #expect(throws: MetadataError.self) { try await desk.renewedKeys(at: address) }
        // The provider is not even asked: it has no answer left.
        _ = try await desk.keys(at: address)
        #expect(provider.sent.count == 2)
        // When their time is over, what fails is known as failed.
        time.advance(IssuerDesk.keysLifetime.components.seconds)
        await #expect(throws: MetadataError.self) { try await desk.keys(at: address) }
        #expect(provider.sent.count == 3)
    }

    @Test func passwordsGoOffAfterATestOfTheLastHourAlone() async throws {
        let house = try await HouseFixture()
        let (service, store) = (house.tenant.singleSignOn, house.tenant.account.store)
        let invited = try await house.tenant.people.invite(
            email: "ada@acme.example", role: .administrator,
            by: Administrator.operator(house.tenant.account, at: house.time.now))
        _ = try await house.tenant.people.acceptInvite(
            invited.token, password: SecretString("correct horse battery"), from: .system)
        let user = try #require(try await store.user(invited.user.guid))
        let admin = try Administrator(
            Caller(user: user, origin: Origin(.browser, address: nil, correlationID: "")))
        let rules = try await settings { _ in }
        let state = SingleSignOnState(version: 1, settings: rules.stored, sealedSecret: nil)
        var record = SingleSignOnRecord(draft: state, updatedAt: house.time.now)
        record.live = state
        try await store.saveSingleSignOn(record, noting: nil)
        try await store.setBreakGlass(true, user: user.guid, noting: nil)
        try await store.addIdentity(
            UserIdentityRecord(
                issuer: rules.issuer, subject: "ada", userGUID: user.guid, createdAt: house.time.now),
            adding: nil, noting: [])
        let test = SignInTestRecord(
            userGUID: user.guid, settingsVersion: 1, issuer: rules.issuer, subject: "ada", report: [:],
            at: house.time.now)
        try await store.keepSignInTest(test, noting: nil)
        house.time.advance(3600)
        await #expect(
            performing: { try await service.setOnly(true, by: admin) }, throws: isRefusal(.prohibitedChange))
        house.time.advance(-1)
        try await service.setOnly(true, by: admin)
        #expect(try await store.arePasswordsOff())
    }
}
