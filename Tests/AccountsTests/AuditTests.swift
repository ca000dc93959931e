import JSON
import Storage
import Testing

@testable import Accounts

@Suite struct AuditTests {
    let fixture: AccountFixture
    let audit: Audit

    init() async throws {
        fixture = try await AccountFixture()
        audit = Audit(account: fixture.account, clock: fixture.time.clock)
    }

    private func note(_ actions: [EventAction], details: JSONObject = [:]) async throws {
        try await fixture.account.store.note(
            actions.map {
                EventRecord(
                    $0, at: fixture.time.now, actor: EventActor(kind: .user, guid: nil, name: "Ada"), origin: .system,
                    details: details)
            })
    }

    private func ids(_ page: AuditPage) -> [Int64] { page.lines.map(\.id) }

    @Test func pagesAreReadInBothDirections() async throws {
        try await note(Array(repeating: .signedIn, count: 7))
        for ascending in [true, false] {
            let order = ascending ? Array(1...7) : Array((1...7).reversed())
            var position: AuditPosition?
            var seen: [Int64] = []
            for expected in [3, 3, 1] {
                let page = try await audit.page(
                    .init(), at: position, ascending: ascending, limit: 3, for: fixture.admin)
                #expect(page.lines.count == expected)
                #expect(page.hasPrevious == !seen.isEmpty)
                seen += ids(page)
                #expect(page.hasNext == (seen.count < 7))
                position = AuditPosition(.after, try #require(seen.last))
            }
            #expect(seen == order.map(Int64.init))
            let back = try await audit.page(
                .init(), at: AuditPosition(.before, seen[3]), ascending: ascending, limit: 2, for: fixture.admin)
            #expect(ids(back) == Array(seen[1...2]))
            #expect(back.hasPrevious && back.hasNext)
        }
    }

    @Test func aUserIsFoundAsActorAsSubjectAndAsTheOwnerOfASession() async throws {
        let (user, other) = (fixture.account.makeGUID(), fixture.account.makeGUID())
        func event(actor: GUID?, subject: GUID?, details: JSONObject) -> EventRecord {
            EventRecord(
                .sessionRefreshed, at: fixture.time.now, actor: EventActor(kind: .user, guid: actor, name: "x"),
                origin: .system, subject: subject, details: details)
        }
        try await fixture.account.store.note([
            event(actor: user, subject: nil, details: [:]), event(actor: other, subject: user, details: [:]),
            event(actor: nil, subject: nil, details: ["user_guid": .string(user.description)]),
            event(actor: other, subject: other, details: ["user_guid": .string(other.description)]),
        ])
        var filter = AuditFilter()
        filter.user = user
        let page = try await audit.page(filter, at: nil, ascending: true, limit: 9, for: fixture.admin)
        #expect(ids(page) == [1, 2, 3])
    }

    @Test func filtersAreReadFromTheirParameters() throws {
        let filter = try AuditFilter(["action": "user.locked, audit.*", "from": "2030-01-31T12:00:00Z"])
        #expect(
            filter.actions == [.userLocked, .auditExported, .auditPruned, .auditLinesMissing, .auditRetentionChanged])
        #expect(filter.from == Timestamp("2030-01-31T12:00:00Z"))
    }

    @Test(arguments: [
        ("action", "user.exploded"), ("action", ""), ("action", "nobody.*"), ("user_guid", "1"), ("content_guid", ""),
        ("outcome", "maybe"), ("from", "yesterday"), ("to", "2030-01-31"),
    ])
    func aFilterThatIsNoneIsRefusedByName(_ name: String, _ value: String) {
        #expect {
            try AuditFilter([name: value])
        } throws: {
            ($0 as? Refusal)?.field == name
        }
    }

    @Test func whatPeopleNamedIsNoFormulaInASpreadsheet() async throws {
        try await note([.contentCreated], details: ["name": "=cmd|'/c calc'!A1"])
        try await fixture.account.store.note([
            EventRecord(
                .signedIn, at: fixture.time.now, actor: EventActor(kind: .user, guid: nil, name: "@sum(1,\"2\")"),
                origin: .system)
        ])
        var export = try await audit.export(.init(), as: .csv, by: fixture.admin)
        let text = try #require(try await export.next())
        #expect(try await export.next() == nil)
        let lines = text.split(separator: "\r\n")
        #expect(lines.count == 4)
        #expect(lines[0].hasPrefix("id,time,user_guid"))
        #expect(lines[2].contains(",\"'@sum(1,\"\"2\"\")\","))
        #expect(lines[3].contains("\"audit.exported\""))
        #expect(!text.contains(",\"@") && !text.contains(",\"="))
    }

    @Test(arguments: ["=\u{301}1+1", "\r\n=1+1", "\n=1+1", "-\u{200D}1"])
    func neitherIsWhatOnlyLooksLikeAnotherCharacter(_ name: String) async throws {
        try await fixture.account.store.note([
            EventRecord(
                .signedIn, at: fixture.time.now, actor: EventActor(kind: .user, guid: nil, name: name), origin: .system)
        ])
        var export = try await audit.export(.init(), as: .csv, by: fixture.admin)
        let text = try #require(try await export.next())
        #expect(text.unicodeScalars.contains("'") && text.contains("\"'" + name))
    }

    @Test func anExportHasAllLinesInManyPieces() async throws {
        try await note(Array(repeating: .signedIn, count: 1200))
        var export = try await audit.export(.init(), as: .jsonl, by: fixture.admin)
        try await note([.signedOut])
        var lines: [Substring] = []
        var pieces = 0
        while let text = try await export.next() {
            pieces += 1
            lines += text.split(separator: "\n")
        }
        #expect(pieces == 3)
        #expect(lines.count == 1201)
        #expect(try JSON.parse(String(try #require(lines.last)))["action"] == "audit.exported")
    }

    @Test func whatIsOlderThanTheAccountKeepsIsRemoved() async throws {
        try await note([.signedIn, .signedOut])
        try await audit.prune()
        #expect(try await audit.verify(expecting: nil, for: fixture.admin).removedUpTo == 0)
        await #expect(
            performing: { try await audit.setRetention(29, by: fixture.admin) }, throws: Refusal.isCode(.parameter))
        try await audit.setRetention(30, by: fixture.admin)
        #expect(try await audit.retention(for: fixture.admin) == 30)
        fixture.time.advance(.seconds(29 * 86_400))
        try await audit.prune()
        #expect(try await audit.verify(expecting: nil, for: fixture.admin).removedUpTo == 0)
        fixture.time.advance(.seconds(86_401))
        try await audit.prune()
        let verdict = try await audit.verify(expecting: nil, for: fixture.admin)
        #expect(verdict.removedUpTo == 3 && verdict.lines == 1 && verdict.broken == nil)
        let page = try await audit.page(.init(), at: nil, ascending: true, limit: 9, for: fixture.admin)
        #expect(page.lines.map(\.event.action) == [.auditPruned])
        try await audit.setRetention(nil, by: fixture.admin)
        #expect(try await audit.retention(for: fixture.admin) == nil)
    }

    @Test func theWordsOfALineSayWhoAndWhat() {
        let event = EventRecord(
            .integrationDeleted, outcome: .refused, at: fixture.time.now,
            actor: EventActor(kind: .user, guid: nil, name: "ada@acme.example"), origin: .system,
            details: ["name": "Warehouse"])
        #expect(event.sentence == "ada@acme.example: deleted the integration Warehouse (refused).")
    }

    @Test(arguments: ["", "1", "x:00", "1:zz", "1:00", "-1:" + String(repeating: "0", count: 64)])
    func whatIsNoHeadIsNotRead(_ text: String) { #expect(AuditHead(text) == nil) }
}
