import Accounts
import Cryptography
import JSON
import OAuthClient
import Storage
import Testing

@testable import Integrations

/// What the pages of a content say of its data sources.
@Suite struct AssociationPageTests {
    let house: HouseFixture
    let owner: Publisher
    let admin: Administrator
    private let whole = PageRequest(number: 1, size: 100)

    init() async throws {
        house = try await HouseFixture()
        owner = try Publisher(try await house.tenant.people.caller(key: house.key, from: .system))
        admin = .operator(house.tenant.account, at: house.time.now)
    }

    private var associations: Associations { house.tenant.associations }

    private func integration(_ name: String, for principals: [Principal] = []) async throws -> IntegrationRecord {
        var fields = IntegrationCatalog.Fields()
        fields.name = name
        fields.config = HouseFixture.databricks
        fields.permissions = principals
        return try await house.tenant.integrations.create(template: "databricks", fields, by: admin).integration
    }

    private func viewer(_ name: String) async throws -> UserRecord {
        try await house.tenant.people.invite(email: "\(name)@acme.example", role: .viewer, by: admin).user
    }

    private func logIn(_ user: UserRecord, refresh: String? = "refresh", expiresIn: Int64 = 3600) async throws {
        let grant = TokenGrant(
            accessToken: SecretString("access"), refreshToken: refresh.map { SecretString($0) },
            expiresIn: .seconds(expiresIn))
        try await house.tenant.exchange.sources.keeper.store(
            grant, integration: house.integration, sentAt: house.time.now, by: Caller(user: user, origin: .system))
    }

    private func logins() async throws -> LoginCounts {
        let live = try await associations.live(of: house.content.guid, for: owner)
        return try #require(live.first?.logins)
    }

    @Test func whatMayBeAttachedIsOfferedAndNothingElse() async throws {
        var fields = Groups.Fields()
        fields.name = "analysts"
        let group = try await house.tenant.groups.create(fields, by: owner).guid
        try await house.tenant.groups.add(.user(owner.caller.user.guid), to: group, by: owner)
        let other = try await house.tenant.people.invite(email: "olga@acme.example", role: .publisher, by: admin).user
        for (name, principals) in [
            ("everybody's", []), ("mine", [.user(owner.caller.user.guid)]), ("my group's", [.group(group)]),
            ("another's", [.user(other.guid)]),
        ] as [(String, [Principal])] { _ = try await integration(name, for: principals) }
        let entries = try await house.tenant.integrations.all()
        let publisher = try Publisher(Caller(user: other, origin: .system))
        _ = try await house.tenant.contents.permit(.user(other.guid), .owner, on: house.content.guid, by: owner)
        for caller in [owner, publisher] {
            let user = caller.caller.user
            let groups = try await house.tenant.account.store.groups(ofUser: user.guid)
            let expected = entries.filter { entry in
                entry.integration.guid != house.integration.guid
                    && entry.permissions.permit(
                        entry.integration.guid, to: user.guid, role: user.role, groups: groups)
            }
            let offered = try await associations.attachable(to: house.content.guid, "", whole, by: caller)
            #expect(Set(offered.elements.map(\.name)) == Set(expected.map(\.integration.name)), "\(user.email)")
            #expect(offered.total == expected.count)
        }
        let operatorOffered = try await associations.attachable(
            to: house.content.guid, "", whole, by: try Publisher(admin.caller))
        #expect(operatorOffered.total == 4)
        let found = try await associations.attachable(to: house.content.guid, "GROUP", whole, by: owner)
        #expect(found.elements.map(\.name) == ["my group's"])
    }

    @Test func oneIsAddedOrTakenAwayAndTheOthersStay() async throws {
        let (two, three) = (try await integration("two"), try await integration("three"))
        try await associations.attach(
            [two.guid, three.guid, house.integration.guid], to: house.content.guid, by: owner)
        func names() async throws -> Set<String> {
            Set(
                try await associations.of(content: house.content.guid, for: owner.caller).map(
                    \.association.integration.name))
        }
        #expect(try await names() == ["data", "two", "three"])
        try await associations.detach(two.guid, from: house.content.guid, by: owner)
        try await associations.detach(two.guid, from: house.content.guid, by: owner)
        #expect(try await names() == ["data", "three"])
    }

    @Test func aChangeOfWhatWasSeenIsRefusedWhereItHasChangedSince() async throws {
        let two = try await integration("two")
        let content = house.content.guid
        await #expect(
            performing: {
                try await associations.replace(of: content, with: [two.guid], knowing: [two.guid], by: owner)
            },
            throws: isRefusal(.prohibitedChange))
        #expect(
            try await associations.of(content: content, for: owner.caller).map(\.association.integration.name) == [
                "data"
            ])
    }

    @Test func loginsAreCountedAndThoseThatEndedAreNamed() async throws {
        let none = try await logins()
        #expect(none.loggedIn == 0 && none.mustLogIn == 0 && none.waiting.isEmpty)
        try await house.logIn()
        let (eve, max, lou) = (try await viewer("eve"), try await viewer("max"), try await viewer("lou"))
        for user in [eve, lou] { try await logIn(user) }
        try await logIn(max, refresh: nil, expiresIn: 600)
        #expect(try await logins().loggedIn == 4)
        _ = try await house.tenant.people.setLocked(true, user: lou.guid, by: admin)
        #expect(try await logins().loggedIn == 3, "whoever is locked is no viewer")
        house.time.advance(700)
        let session = try #require(
            try await house.tenant.account.store.oauthSession(user: eve.guid, integration: house.integration.guid))
        try await house.tenant.account.store.requireLogin(
            session, reason: "refresh_token_rejected", at: house.time.now, noting: nil)
        let state = try await logins()
        #expect(state.loggedIn == 1 && state.mustLogIn == 2)
        #expect(state.waiting.map(\.user.email) == ["eve@acme.example", "max@acme.example"])
        #expect(state.waiting.map(\.reason) == ["refresh_token_rejected", "access_token_expired"])
        #expect(state.waiting.map(\.since) == [house.time.now, Timestamp(seconds: house.time.now.seconds - 100)])
    }

    @Test func ofAListedContentOnlyThoseOnTheListCount() async throws {
        try await house.logIn()
        let (eve, max) = (try await viewer("eve"), try await viewer("max"))
        for user in [eve, max] { try await logIn(user) }
        var fields = Contents.Fields()
        fields.accessType = "acl"
        _ = try await house.tenant.contents.update(house.content.guid, fields, by: owner)
        #expect(try await logins().loggedIn == 0)
        _ = try await house.tenant.contents.permit(.user(eve.guid), .viewer, on: house.content.guid, by: owner)
        var named = Groups.Fields()
        named.name = "inner"
        let inner = try await house.tenant.groups.create(named, by: owner).guid
        named.name = "outer"
        let outer = try await house.tenant.groups.create(named, by: owner).guid
        try await house.tenant.groups.add(.group(inner), to: outer, by: owner)
        try await house.tenant.groups.add(.user(max.guid), to: inner, by: owner)
        #expect(try await logins().loggedIn == 1)
        _ = try await house.tenant.contents.permit(.group(outer), .viewer, on: house.content.guid, by: owner)
        #expect(try await logins().loggedIn == 2)
    }
}
