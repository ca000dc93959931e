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

    private func changed(
        _ integration: IntegrationRecord, _ authType: String, name: String = "data"
    ) async throws -> IntegrationRecord {
        var new = integration
        new.authType = authType
        new.name = name
        new.version += 1
        try await account.store.updateIntegration(
            new, permissions: nil, endingSessions: false, revoking: false, noting: [])
        return new
    }

    @Test func contentThatAnybodyMayOpenUsesNothingThatActsForItsViewer() async throws {
        let store = account.store
        let pat = try await temporary.user(of: account, email: "pat@acme.example", role: .publisher)
        let content = try await store.addContent(
            ContentRecord(
                guid: account.makeGUID(), ownerGUID: pat.guid, name: "sales", title: "", description: "",
                accessType: .loggedIn, upstreamURL: nil, createdAt: temporary.now, updatedAt: temporary.now),
            noting: nil)
        var open = content
        open.accessType = .all
        let opened = open
        var integration = try await temporary.integration(of: account)
        let refused = StoreError(
            .needsViewers(content: content.guid, authType: "Viewer"),
            "content that anybody may open cannot act for its viewers")
        func use(_ integrations: [GUID]) async throws {
            try await store.replaceAssociations(
                of: content.guid, with: integrations, knowing: nil, at: temporary.now, noting: nil)
        }
        try await use([integration.guid])
        await #expect(throws: refused) { try await store.updateContent(opened, from: content, noting: nil) }
        #expect(try await store.content(content.guid)?.accessType == .loggedIn)
        integration = try await changed(integration, "Service Account")
        _ = try await store.updateContent(opened, from: content, noting: nil)
        let robot = integration
        await #expect(throws: refused) { _ = try await changed(robot, "Viewer") }
        integration = try await changed(integration, "Service Account", name: "renamed")
        try await use([])
        _ = try await changed(integration, "Viewer")
        await #expect(throws: refused) { try await use([robot.guid]) }
        #expect(try await store.associations(ofContent: content.guid).isEmpty)
    }
}
