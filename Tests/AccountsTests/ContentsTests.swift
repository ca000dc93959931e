import Storage
import Testing

@testable import Accounts

@Suite struct ContentsTests {
    let fixture: AccountFixture

    init() async throws { fixture = try await AccountFixture() }

    private func content(_ publisher: Publisher, _ change: (inout Contents.Fields) -> Void = { _ in }) async throws
        -> ContentRecord
    {
        var fields = Contents.Fields()
        change(&fields)
        return try await fixture.contents.create(fields, by: publisher)
    }

    @Test func contentGetsANameWhereNoneIsGiven() async throws {
        let content = try await content(try await fixture.publisher())
        #expect(content.name.hasPrefix("content-"))
        #expect(content.accessType == .acl)
    }

    @Test func onlyItsOwnerAndAdministratorsChangeContent() async throws {
        let content = try await content(try await fixture.publisher())
        let other = try await fixture.publisher("olga@acme.example")
        await #expect(
            performing: { try await fixture.contents.update(content.guid, Contents.Fields(), by: other) },
            throws: Refusal.isCode(.permissionDenied)
        )
        let admin = try Publisher(fixture.admin.caller)
        #expect(try await fixture.contents.update(content.guid, Contents.Fields(), by: admin).guid == content.guid)
    }

    @Test func aListedViewerMayOpenAndAnotherMayNot() async throws {
        let publisher = try await fixture.publisher()
        let content = try await content(publisher)
        let vic = try await fixture.invite("vic@acme.example", .viewer).user
        let eve = try await fixture.invite("eve@acme.example", .viewer).user
        let permission = try await fixture.contents.permit(.user(vic.guid), .viewer, on: content.guid, by: publisher)
        let listed = try await fixture.account.store.permissions(of: content.guid)
        #expect(Contents.mayOpen(content, vic, permissions: listed, groups: []))
        #expect(!Contents.mayOpen(content, eve, permissions: listed, groups: []))
        #expect(try await fixture.contents.all(for: Caller(user: vic, origin: .system)).map(\.guid) == [content.guid])
        #expect(try await fixture.contents.all(for: Caller(user: eve, origin: .system)).isEmpty)
        try await fixture.contents.forbid(.id(permission.id), on: content.guid, by: publisher)
        #expect(try await fixture.contents.all(for: Caller(user: vic, origin: .system)).isEmpty)
    }

    @Test(arguments: [
        "", "127.0.0.1:9001", "ftp://127.0.0.1:9001", "http://127.0.0.1", "http://127.0.0.1:0",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:9001/path", "http://u@127.0.0.1:9001", "http://10.0.0.1:80", "http://169.254.169.254:80",
        "http://example.com:80", "http://127.0.0.1:8080", "http://localhost:8080", "http://[::2]:80", "http://a b:80",
        "http://apps.internal.example:9001", "http://127.1:9001", "http://2130706433:9001",
    ])
    func contentRunsOnThisMachineOrWhereTheOperatorAllows(_ upstream: String) async throws {
        guard !upstream.isEmpty else { return }
        let publisher = try await fixture.publisher()
        await #expect { try await content(publisher) { $0.upstreamURL = upstream } } throws: {
            ($0 as? Refusal)?.field == "upstream_url"
        }
    }

    @Test(arguments: [
        ("http://127.0.0.1:9001/", "http://127.0.0.1:9001"), ("http://LOCALHOST:9001", "http://localhost:9001"),
        ("http://[::1]:9001", "http://[::1]:9001"),
        ("https://apps.internal.example:9000", "https://apps.internal.example:9000"),
    ])
    func anOriginIsKeptInOneForm(_ typed: String, _ kept: String) async throws {
        let publisher = try await fixture.publisher()
        #expect(try await content(publisher) { $0.upstreamURL = typed }.upstreamURL == kept)
    }

    @Test(arguments: ["ab", "a b c", "ä-name", String(repeating: "x", count: 65), "semi;colon"])
    func aNameHasItsForm(_ name: String) async throws {
        let publisher = try await fixture.publisher()
        await #expect { try await content(publisher) { $0.name = name } } throws: { ($0 as? Refusal)?.field == "name" }
    }

    @Test func twoContentsOfOneOwnerDifferInName() async throws {
        let publisher = try await fixture.publisher()
        _ = try await content(publisher) { $0.name = "sales" }
        await #expect { try await content(publisher) { $0.name = "sales" } } throws: {
            ($0 as? Refusal)?.field == "name"
        }
        let other = try await fixture.publisher("olga@acme.example")
        #expect(try await content(other) { $0.name = "sales" }.name == "sales")
    }
}
