import Accounts
import JSON
import Storage
import Testing

@testable import Integrations

/// What a group gives, and that it ends at the next request.
@Suite struct GroupAccessTests {
    let house: HouseFixture
    let owner: Publisher
    let admin: Administrator

    init() async throws {
        house = try await HouseFixture()
        owner = try Publisher(try await house.tenant.people.caller(key: house.key, from: .system))
        admin = .operator(house.tenant.account, at: house.time.now)
    }

    private func group(_ name: String) async throws -> GUID {
        var fields = Groups.Fields()
        fields.name = name
        return try await house.tenant.groups.create(fields, by: owner).guid
    }

    private func close() async throws {
        var fields = Contents.Fields()
        fields.accessType = "acl"
        _ = try await house.tenant.contents.update(house.content.guid, fields, by: owner)
    }

    @Test func whoLeavesANestedGroupLosesTheExchangeAtOnce() async throws {
        let (inner, outer) = (try await group("inner"), try await group("outer"))
        try await close()
        try await house.logIn()
        await #expect(performing: { try await house.exchange() }, throws: isRefusal(.permissionDenied))
        try await house.tenant.groups.add(.group(inner), to: outer, by: owner)
        try await house.tenant.groups.add(.user(house.viewer.guid), to: inner, by: owner)
        _ = try await house.tenant.contents.permit(.group(outer), .viewer, on: house.content.guid, by: owner)
        #expect(try await house.exchange() == "access-1")
        #expect(house.recall() == "access-1")
        try await house.tenant.groups.remove(inner, from: outer, by: owner.caller)
        #expect(house.recall() == nil, "memory forgets")
        await #expect(performing: { try await house.exchange() }, throws: isRefusal(.permissionDenied))
    }

    @Test func aPublisherOfAnOwningGroupActsForTheContentUntilTheyAreTakenOut() async throws {
        let guid = try await group("editors")
        try await house.logIn()
        let olga = try await house.tenant.people.invite(email: "olga@acme.example", role: .publisher, by: admin)
        func exchange() async throws -> [UInt8] {
            try await house.tenant.exchange.perform(
                key: olga.apiKey, form: house.form, onDemand: false, from: .system
            ).token
        }
        await #expect(performing: { try await exchange() }, throws: isRefusal(.permissionDenied))
        _ = try await house.tenant.contents.permit(.group(guid), .owner, on: house.content.guid, by: owner)
        try await house.tenant.groups.add(.user(olga.user.guid), to: guid, by: owner)
        #expect(try await exchange() == Array("access-1".utf8))
        try await house.tenant.groups.remove(olga.user.guid, from: guid, by: owner.caller)
        await #expect(performing: { try await exchange() }, throws: isRefusal(.permissionDenied))
    }

    @Test func anIntegrationThatIsForAGroupIsAttachedByThoseInIt() async throws {
        let guid = try await group("analysts")
        var fields = IntegrationCatalog.Fields()
        fields.permissions = [.group(guid)]
        let entry = try await house.tenant.integrations.update(house.integration.guid, fields, by: admin)
        #expect(entry.permissions.map(\.principal) == [.group(guid)])
        let olga = try await house.tenant.people.invite(email: "olga@acme.example", role: .publisher, by: admin)
        let publisher = try Publisher(try await house.tenant.people.caller(key: olga.apiKey, from: .system))
        let content = try await house.tenant.contents.create(Contents.Fields(), by: publisher)
        func attach() async throws {
            try await house.tenant.associations.replace(
                of: content.guid, with: [house.integration.guid], by: publisher)
        }
        await #expect(performing: { try await attach() }, throws: isRefusal(.permissionDenied))
        try await house.tenant.groups.add(.user(olga.user.guid), to: guid, by: owner)
        try await attach()
        for nobody in [Principal.group(house.tenant.account.makeGUID()), .user(guid), .group(olga.user.guid)] {
            var wrong = IntegrationCatalog.Fields()
            wrong.permissions = [nobody]
            let given = wrong
            await #expect(
                performing: {
                    try await house.tenant.integrations.update(house.integration.guid, given, by: admin)
                },
                throws: isRefusal(.parameter))
        }
        await #expect(
            performing: { try await house.tenant.groups.delete(guid, by: owner) },
            throws: isRefusal(.prohibitedChange))
    }
}
