import Testing

@testable import Storage

/// Which content a person's list of data sources names: what they may open, and how much there is of it.
@Suite struct ConnectionStoreTests {
    let temporary: TemporaryFolder
    let account: OpenAccount
    let filter = ConnectionFilter(text: "", templates: [], templatesWithoutLogin: [])

    init() throws {
        temporary = try TemporaryFolder()
        account = try temporary.open("acme")
    }

    private func content(_ title: String, _ access: AccessType, of owner: UserRecord, _ integrations: [GUID])
        async throws -> GUID
    {
        let content = ContentRecord(
            guid: account.makeGUID(), ownerGUID: owner.guid, name: title.lowercased(), title: title, description: "",
            accessType: access, upstreamURL: nil, createdAt: temporary.now, updatedAt: temporary.now)
        _ = try await account.store.addContent(content, noting: nil)
        try await account.store.replaceAssociations(
            of: content.guid, with: integrations, knowing: nil, at: temporary.now, noting: nil)
        return content.guid
    }

    private func list(_ content: GUID, _ principal: Principal) async throws {
        _ = try await account.store.setPermission(
            ContentPermissionRecord(contentGUID: content, principal: principal, level: .viewer), noting: nil)
    }

    private func connections(of user: UserRecord, most: Int = 10) async throws -> [ConnectionFacts] {
        try await account.store.connections(
            of: user.guid, matching: filter, PageRequest(number: 1, size: 50), contents: most
        ).elements
    }

    @Test func theListNamesWhatThePersonMayOpen() async throws {
        let pat = try await temporary.user(of: account, email: "pat@acme.example", role: .publisher)
        let vic = try await temporary.user(of: account)
        let unused = try await temporary.integration(of: account)
        let used = try await temporary.integration(of: account)
        var groups: [GUID] = []
        for name in ["outer", "inner", "other"] {
            let group = GroupRecord(
                guid: account.makeGUID(), name: name, ownerGUID: nil, createdAt: temporary.now,
                updatedAt: temporary.now)
            groups.append(try await account.store.addGroup(group, noting: nil).guid)
        }
        _ = try await account.store.addMember(.group(groups[1]), to: groups[0], noting: nil)
        _ = try await account.store.addMember(.user(vic.guid), to: groups[1], noting: nil)
        let chosen = [used.guid]
        try await list(try await content("Direct", .acl, of: pat, chosen), .user(vic.guid))
        try await list(try await content("By group", .acl, of: pat, chosen), .group(groups[0]))
        try await list(try await content("Other group", .acl, of: pat, chosen), .group(groups[2]))
        try await list(try await content("Of another", .acl, of: pat, chosen), .user(pat.guid))
        _ = try await content("Own", .acl, of: vic, chosen)
        _ = try await content("anybody's", .loggedIn, of: pat, chosen)

        let found = try await connections(of: vic)
        #expect(found.map(\.integration.guid) == [used.guid, unused.guid])
        #expect(found[0].contents.map(\.title) == ["anybody's", "By group", "Direct", "Own"])
        #expect(found[0].contentCount == 4 && found[1].contentCount == 0 && found[1].contents.isEmpty)
        let first = try await connections(of: vic, most: 2)
        #expect(first[0].contents.map(\.title) == ["anybody's", "By group"] && first[0].contentCount == 4)
        #expect(try await connections(of: pat).first?.contentCount == 5)
    }

    @Test func whatOneIsLoggedInToComesFirst() async throws {
        let vic = try await temporary.user(of: account)
        var guids: [GUID] = []
        for _ in 0..<3 { guids.append(try await temporary.integration(of: account).guid) }
        _ = try await content("App", .loggedIn, of: vic, [guids[1]])
        _ = try await account.store.commitLogin(
            account.makeGUID(), user: vic.guid, integration: guids[2], integrationVersion: 1,
            tokens: temporary.tokens(), at: temporary.now, noting: nil)
        #expect(try await connections(of: vic).map(\.integration.guid) == [guids[2], guids[1], guids[0]])
    }
}
