import Cryptography
import JSON
import Testing

@testable import Storage

@Suite struct SingleSignOnStoreTests {
    let temporary: TemporaryFolder
    let account: OpenAccount

    init() throws {
        temporary = try TemporaryFolder()
        account = try temporary.open("acme")
    }

    private func record(isOnly: Bool = false, after count: Int64 = 0) -> SingleSignOnRecord {
        let state = SingleSignOnState(version: 1, settings: ["issuer": "https://idp.example"], sealedSecret: [1, 2])
        return SingleSignOnRecord(
            changeCount: count, draft: state, live: state, isOnly: isOnly, updatedAt: temporary.now)
    }

    private func administrator(_ email: String, hasPassword: Bool = true) async throws -> UserRecord {
        var user = UserRecord(
            guid: account.makeGUID(), email: email, username: email, role: .administrator, at: temporary.now)
        if hasPassword { user.passwordHash = "hash" }
        try await account.store.addUser(
            user, key: nil, keyHash: nil, inviteHash: nil, inviteExpiresAt: nil, noting: nil)
        return user
    }

    private func flow(_ name: String, expiresAt: Timestamp) -> SignInFlowRecord {
        SignInFlowRecord(
            stateHash: SHA256.hash(name), browserHash: SHA256.hash("browser"), settingsVersion: 1, testerGUID: nil,
            sealedVerifier: [1], sealedNonce: [2], issuer: "https://idp.example", requiresIssuer: true,
            tokenEndpoint: "https://idp.example/token", authentication: "client_secret_basic",
            jwksURI: "https://idp.example/keys", userInfoEndpoint: nil, clientID: "client",
            redirectURI: "https://g.example/accounts/acme/sign-in/callback", returnPath: "/accounts/acme/",
            expiresAt: expiresAt)
    }

    private func code(_ verb: () async throws -> Void) async -> StoreError.Code? {
        do {
            try await verb()
            return nil
        } catch { return (error as? StoreError)?.code }
    }

    @Test func ofTwoChangesTheSecondIsTold() async throws {
        try await account.store.saveSingleSignOn(record(), noting: nil)
        let stored = try #require(try await account.store.singleSignOn())
        #expect(stored.changeCount == 1 && stored.live == record().live && stored.draft == record().draft)
        try await account.store.saveSingleSignOn(record(after: 1), noting: nil)
        #expect(await code { try await account.store.saveSingleSignOn(record(after: 1), noting: nil) } == .stale)
        #expect(await code { try await account.store.saveSingleSignOn(record(), noting: nil) } == .stale)
    }

    @Test func passwordsAreNeverOffForEverybody() async throws {
        let store = account.store
        let ada = try await administrator("ada@acme.example")
        let bob = try await administrator("bob@acme.example")
        let invited = try await administrator("new@acme.example", hasPassword: false)
        #expect(await code { try await store.saveSingleSignOn(record(isOnly: true), noting: nil) } == .lastBreakGlass)
        try await store.setBreakGlass(true, user: invited.guid, noting: nil)
        #expect(await code { try await store.saveSingleSignOn(record(isOnly: true), noting: nil) } == .lastBreakGlass)
        #expect(try await store.singleSignOn() == nil)

        try await store.setBreakGlass(true, user: ada.guid, noting: nil)
        try await store.saveSingleSignOn(record(isOnly: true), noting: nil)
        #expect(try await store.arePasswordsOff())
        #expect(try await store.mayUsePassword(ada.guid))
        #expect(try await !store.mayUsePassword(bob.guid))
        #expect(await code { try await store.setBreakGlass(false, user: ada.guid, noting: nil) } == .lastBreakGlass)
        for change: (inout UserChanges) -> Void in [{ $0.isLocked = true }, { $0.role = .publisher }] {
            var changes = UserChanges()
            change(&changes)
            let wanted = changes
            #expect(
                await code {
                    _ = try await store.changeUser(ada.guid, wanted, at: temporary.now, noting: nil)
                } == .lastBreakGlass)
        }
        try await store.setBreakGlass(true, user: bob.guid, noting: nil)
        try await store.setBreakGlass(false, user: ada.guid, noting: nil)
        #expect(try await store.breakGlassUsers().map(\.email) == ["bob@acme.example", "new@acme.example"])
    }

    @Test func aFlowIsConsumedOnceAndInTime() async throws {
        let store = account.store
        let later = temporary.now + .seconds(600)
        try await store.beginSignInFlow(flow("a", expiresAt: later), at: temporary.now)
        let found = try await store.consumeSignInFlow(stateHash: SHA256.hash("a"), at: temporary.now)
        #expect(found == flow("a", expiresAt: later))
        #expect(try await store.consumeSignInFlow(stateHash: SHA256.hash("a"), at: temporary.now) == nil)
        try await store.beginSignInFlow(flow("b", expiresAt: later), at: temporary.now)
        #expect(try await store.consumeSignInFlow(stateHash: SHA256.hash("b"), at: later) == nil)
    }

    @Test func nobodyIsTwoPeopleAtOneIssuerAndNobodyThereIsTwoHere() async throws {
        let store = account.store
        let (vic, ann) = (
            try await temporary.user(of: account), try await temporary.user(of: account, email: "ann@acme.example")
        )
        func connect(_ user: UserRecord, _ issuer: String, _ subject: String) async -> StoreError.Code? {
            let identity = UserIdentityRecord(
                issuer: issuer, subject: subject, userGUID: user.guid, createdAt: temporary.now)
            return await code { try await store.addIdentity(identity, adding: nil, noting: []) }
        }
        #expect(await connect(vic, "https://idp.example", "1") == nil)
        guard case .conflict = await connect(ann, "https://idp.example", "1"),
            case .conflict = await connect(vic, "https://idp.example", "2")
        else {
            Issue.record("a second connection was kept")
            return
        }
        #expect(await connect(vic, "https://other.example", "1") == nil)
        #expect(try await store.user(issuer: "https://idp.example", subject: "1")?.guid == vic.guid)
        #expect(try await store.user(issuer: "https://idp.example/", subject: "1") == nil)
        let new = UserRecord(
            guid: account.makeGUID(), email: "VIC@acme.example", username: "x", role: .viewer, at: temporary.now)
        let identity = UserIdentityRecord(
            issuer: "https://idp.example", subject: "3", userGUID: new.guid, createdAt: temporary.now)
        #expect(await code { try await store.addIdentity(identity, adding: new, noting: []) } == .conflict("email"))
        #expect(try await store.user(issuer: "https://idp.example", subject: "3") == nil, "half of it is not kept")
        #expect(try await store.removeIdentity(of: vic.guid, issuer: "https://idp.example", noting: nil))
        #expect(try await store.user(issuer: "https://idp.example", subject: "1") == nil)
    }
}
