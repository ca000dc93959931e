import Cryptography
import Testing

@testable import Storage

@Suite struct SessionStoreTests {
    let temporary: TemporaryFolder
    let account: OpenAccount

    init() throws {
        temporary = try TemporaryFolder()
        account = try temporary.open("acme")
    }

    private var now: Timestamp { temporary.now }

    private func session() async throws -> OAuthSessionRecord {
        let user = try await temporary.user(of: account)
        let integration = try await temporary.integration(of: account)
        return try await account.store.commitLogin(
            account.makeGUID(), user: user.guid, integration: integration.guid, integrationVersion: 1,
            tokens: temporary.tokens(), at: now, noting: nil
        )
    }

    @Test func aFlowIsConsumedOnce() async throws {
        let user = try await temporary.user(of: account)
        let integration = try await temporary.integration(of: account)
        let hash = SHA256.hash("state")
        let flow = LoginFlowRecord(
            stateHash: hash, browserHash: SHA256.hash("browser"), integrationGUID: integration.guid,
            integrationVersion: 1,
            userGUID: user.guid, sealedVerifier: [1], sealedNonce: [2], issuer: "https://idp.example",
            requiresIssuer: true,
            tokenEndpoint: "https://idp.example/token", clientID: "x", redirectURI: "https://g.example/cb",
            returnPath: "/",
            expiresAt: now + .seconds(600)
        )
        try await account.store.beginLoginFlow(flow, at: now)
        #expect(try await account.store.consumeLoginFlow(stateHash: hash, at: now) == flow)
        #expect(try await account.store.consumeLoginFlow(stateHash: hash, at: now) == nil)
        try await account.store.beginLoginFlow(flow, at: now)
        #expect(try await account.store.consumeLoginFlow(stateHash: hash, at: now + .seconds(600)) == nil)
    }

    @Test func ofTwoWritersOfARefreshOneIsTooLate() async throws {
        let session = try await session()
        try await account.store.markRefresh(session, at: now)
        let stored = try await account.store.commitRefresh(session, tokens: temporary.tokens(2), at: now, noting: nil)
        #expect(stored.version == session.version + 1)
        await #expect {
            try await account.store.commitRefresh(session, tokens: temporary.tokens(3), at: now, noting: nil)
        } throws: {
            ($0 as? StoreError)?.code == .stale
        }
        await #expect { try await account.store.requireLogin(session, reason: "x", at: now, noting: nil) } throws: {
            ($0 as? StoreError)?.code == .stale
        }
        let found = try #require(try await account.store.oauthSession(session.guid))
        #expect(found == stored)
        #expect(found.refreshStartedAt == nil)
    }

    @Test func aNewLoginKeepsTheSessionAndClearsWhatWasWrong() async throws {
        let session = try await session()
        try await account.store.requireLogin(session, reason: "refresh_token_rejected", at: now, noting: nil)
        let again = try await account.store.commitLogin(
            account.makeGUID(), user: session.userGUID, integration: session.integrationGUID, integrationVersion: 1,
            tokens: temporary.tokens(7), at: now, noting: nil
        )
        #expect(again.guid == session.guid)
        #expect(again.needsLogin == nil)
        #expect(again.tokens == temporary.tokens(7))
    }

    @Test func aLoginToAnIntegrationThatChangedIsRefused() async throws {
        let user = try await temporary.user(of: account)
        var integration = try await temporary.integration(of: account)
        integration.version = 2
        try await account.store.updateIntegration(
            integration, permissions: nil, endingSessions: true, revoking: false,
            noting: [])
        await #expect {
            try await account.store.commitLogin(
                account.makeGUID(), user: user.guid, integration: integration.guid, integrationVersion: 1,
                tokens: temporary.tokens(), at: now, noting: nil
            )
        } throws: { ($0 as? StoreError)?.code == .stale }
    }

    @Test func changesOfRightsAreCountedAndThoseOfTokensAreNot() async throws {
        let session = try await session()
        var before = account.changes.current
        try await account.store.markRefresh(session, at: now)
        _ = try await account.store.commitRefresh(session, tokens: temporary.tokens(2), at: now, noting: nil)
        #expect(account.changes.current == before)
        var locked = UserChanges()
        locked.isLocked = true
        let lock = locked
        for change in [
            { _ = try await account.store.changeUser(session.userGUID, lock, at: now, noting: nil) },
            { _ = try await account.store.removeOAuthSession(session.guid, revoking: false, noting: nil) },
            { try await account.store.removeIntegration(session.integrationGUID, revoking: false, noting: nil) },
        ] {
            try await change()
            #expect(account.changes.current > before)
            before = account.changes.current
        }
    }

    @Test func whatHangsOnAnIntegrationGoesWithIt() async throws {
        let session = try await session()
        try await account.store.removeIntegration(session.integrationGUID, revoking: false, noting: nil)
        #expect(try await account.store.oauthSessions(of: nil).isEmpty)
    }

    @Test func aSecondUserOfTheSameEmailIsAConflict() async throws {
        _ = try await temporary.user(of: account, email: "vic@acme.example")
        await #expect { _ = try await temporary.user(of: account, email: "VIC@acme.example") } throws: {
            if case .conflict = ($0 as? StoreError)?.code { true } else { false }
        }
    }
}
