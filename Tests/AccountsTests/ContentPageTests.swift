import Storage
import Testing

@testable import Accounts

/// Lists that SQL chooses hold what is judged one by one.
@Suite struct ContentPageTests {
    let fixture: AccountFixture
    private let whole = PageRequest(number: 1, size: 100)

    init() async throws { fixture = try await AccountFixture() }

    private func content(_ publisher: Publisher, _ access: AccessType, _ title: String) async throws -> ContentRecord {
        var fields = Contents.Fields()
        fields.accessType = access.rawValue
        fields.title = title
        return try await fixture.contents.create(fields, by: publisher)
    }

    private func group(_ name: String, in outer: GUID?, of publisher: Publisher, _ member: GUID?) async throws -> GUID {
        var fields = Groups.Fields()
        fields.name = name
        let guid = try await fixture.groups.create(fields, by: publisher).guid
        if let outer { try await fixture.groups.add(.group(guid), to: outer, by: publisher) }
        if let member { try await fixture.groups.add(.user(member), to: guid, by: publisher) }
        return guid
    }

    @Test func aPageHoldsWhatMayBeSeenAndSaysWhatMayBeDone() async throws {
        let pat = try await fixture.publisher()
        let olga = try await fixture.publisher("olga@acme.example")
        let vic = try await fixture.invite("vic@acme.example", .viewer).user
        let ada = try await fixture.invite("ada@acme.example", .administrator).user
        let outer = try await group("outer", in: nil, of: pat, nil)
        _ = try await group("inner", in: outer, of: pat, vic.guid)
        for access in AccessType.allCases {
            _ = try await content(pat, access, "plain \(access)")
            let forVic = try await content(pat, access, "vic \(access)")
            _ = try await fixture.contents.permit(.user(vic.guid), .viewer, on: forVic.guid, by: pat)
            let forGroup = try await content(pat, access, "group \(access)")
            _ = try await fixture.contents.permit(.group(outer), .viewer, on: forGroup.guid, by: pat)
            let shared = try await content(pat, access, "shared \(access)")
            _ = try await fixture.contents.permit(.user(olga.caller.user.guid), .owner, on: shared.guid, by: pat)
        }
        for user in [pat.caller.user, olga.caller.user, vic, ada] {
            let caller = Caller(user: user, origin: .system)
            let all = try await fixture.contents.all(for: caller)
            let editable = try await fixture.contents.editableGUIDs(among: all, by: caller)
            let page = try await fixture.contents.page("", whole, for: caller)
            #expect(Set(page.contents.map(\.content.guid)) == Set(all.map(\.guid)), "\(user.email)")
            #expect(page.total == all.count)
            #expect(Set(page.contents.filter(\.mayEdit).map(\.content.guid)) == editable, "\(user.email)")
            for seen in page.contents {
                #expect(seen.owner?.guid == seen.content.ownerGUID)
                let listed = try await fixture.account.store.permissions(of: seen.content.guid)
                let groups = try await fixture.account.store.groups(ofUser: user.guid)
                #expect(
                    seen.mayOpen == Contents.mayOpen(seen.content, user, permissions: listed, groups: groups),
                    "\(user.email) \(seen.content.title)")
                let one = try await fixture.contents.seen(seen.content.guid, by: caller)
                #expect(one.mayOpen == seen.mayOpen && one.mayEdit == seen.mayEdit)
            }
        }
    }

    @Test(arguments: [("SALES", 2), ("öl", 1), ("ÖL", 1), ("%", 0), ("_", 1), ("nothing", 0), ("", 4)])
    func aSearchLooksIntoTitlesAndNamesWithoutRegardToCase(_ search: String, _ count: Int) async throws {
        let pat = try await fixture.publisher()
        for title in ["Sales", "more sales", "Öl und Gas", "100 dollars"] { _ = try await content(pat, .acl, title) }
        var fields = Contents.Fields()
        fields.name = "under_scored"
        let named = try await fixture.contents.page("100", whole, for: pat.caller).contents
        _ = try await fixture.contents.update(try #require(named.first).content.guid, fields, by: pat)
        let found = try await fixture.contents.page(search, whole, for: pat.caller)
        #expect(found.total == count && found.contents.count == count)
    }

    @Test func pagesFollowTheTitlesAndLoseNothing() async throws {
        let pat = try await fixture.publisher()
        for title in ["b", "A", "c", "B", "a"] { _ = try await content(pat, .acl, title) }
        var titles: [String] = []
        for number in 1...3 {
            let page = try await fixture.contents.page("", PageRequest(number: number, size: 2), for: pat.caller)
            #expect(page.total == 5)
            titles += page.contents.map(\.content.title)
        }
        #expect(titles == ["A", "a", "b", "B", "c"])
        #expect(try await fixture.contents.page("", PageRequest(number: 9, size: 2), for: pat.caller).contents.isEmpty)
    }

    @Test func theListOfAContentNamesPeopleAndGroups() async throws {
        let pat = try await fixture.publisher()
        let content = try await content(pat, .acl, "Sales")
        let vic = try await fixture.people.invite(
            email: "vic@acme.example", role: .viewer, firstName: "Vic", lastName: "Tor", by: fixture.admin
        ).user
        let group = try await group("Analysts", in: nil, of: pat, nil)
        _ = try await fixture.contents.permit(.user(vic.guid), .viewer, on: content.guid, by: pat)
        _ = try await fixture.contents.permit(.group(group), .owner, on: content.guid, by: pat)
        _ = try await fixture.people.setLocked(true, user: vic.guid, by: fixture.admin)
        let listed = try await fixture.contents.listed(on: content.guid, whole, for: pat)
        #expect(listed.total == 2)
        #expect(listed.elements.map(\.name) == ["Vic Tor", "Analysts"])
        #expect(listed.elements.map(\.email) == ["vic@acme.example", ""])
        #expect(listed.elements.map(\.isLocked) == [true, false])
        let olga = try await fixture.publisher("olga@acme.example")
        await #expect(
            performing: { try await fixture.contents.listed(on: content.guid, whole, for: olga) },
            throws: Refusal.isCode(.permissionDenied))
    }
}
