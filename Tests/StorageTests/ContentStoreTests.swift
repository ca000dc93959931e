import Testing

@testable import Storage

@Suite struct ContentStoreTests {
    let temporary: TemporaryFolder
    let account: OpenAccount

    init() throws {
        temporary = try TemporaryFolder()
        account = try temporary.open("acme")
    }

    @Test func ofTwoChangesAtTheSameTimeNeitherUndoesTheOther() async throws {
        let pat = try await temporary.user(of: account, email: "pat@acme.example", role: .publisher)
        let hal = try await temporary.user(of: account, email: "hal@acme.example", role: .publisher)
        let read = try await account.store.addContent(
            ContentRecord(
                guid: account.makeGUID(), ownerGUID: pat.guid, name: "sales", title: "", description: "",
                accessType: .loggedIn, upstreamURL: nil, createdAt: temporary.now, updatedAt: temporary.now),
            noting: nil)
        var given = read
        given.ownerGUID = hal.guid
        given.accessType = .acl
        _ = try await account.store.updateContent(given, from: read, noting: nil)
        var titled = read
        titled.title = "Sales"
        let stored = try await account.store.updateContent(titled, from: read, noting: nil)
        #expect(stored.title == "Sales" && stored.ownerGUID == hal.guid && stored.accessType == .acl)
        #expect(try await account.store.content(read.guid) == stored)
    }
}
