import Cryptography
import JSON
import Testing

@testable import Storage

@Suite struct PremiseTests {
    let temporary: TemporaryFolder
    let account: OpenAccount
    let store: any AccountStore
    let user: UserRecord

    init() async throws {
        temporary = try TemporaryFolder()
        account = try temporary.open("acme")
        store = account.store
        user = try await temporary.user(of: account, role: .publisher)
    }

    private func lapse(_ premise: Premise, after seconds: Int64 = 0) async throws -> Lapse? {
        do throws(StoreError) {
            try await store.require([premise], at: temporary.now + .seconds(seconds))
            return nil
        } catch {
            guard case .lapsed(let lapse) = error.code else { throw error }
            return lapse
        }
    }

    private func change(_ apply: (inout UserChanges) -> Void) async throws {
        var changes = UserChanges()
        apply(&changes)
        _ = try await store.changeUser(user.guid, changes, at: temporary.now, noting: nil)
    }

    private func session(of parent: Digest? = nil) -> BrowserSessionRecord {
        BrowserSessionRecord(
            hash: SHA256.hash(parent == nil ? "pages" : "content"), userGUID: user.guid, parentHash: parent,
            expiresAt: temporary.now + .seconds(100))
    }

    private func event(_ premises: Premise...) -> EventRecord {
        EventRecord(.signedIn, at: temporary.now, actor: .system, origin: .system).on(premises)
    }

    @Test func aLockAndALostRoleLapse() async throws {
        let premise = Premise.active(user.guid, atLeast: .publisher)
        #expect(try await lapse(premise) == nil)
        try await change { $0.role = .viewer }
        #expect(try await lapse(premise) == .right)
        #expect(try await lapse(.active(user.guid, atLeast: .viewer)) == nil)
        try await change { $0.isLocked = true }
        #expect(try await lapse(.active(user.guid, atLeast: .viewer)) == .locked)
        #expect(try await lapse(.active(account.makeGUID(), atLeast: .viewer)) == .locked)
    }

    @Test func keysAndSessionsLapseWithTheirEnd() async throws {
        let key = try await store.addKey(
            APIKeyRecord(
                userGUID: user.guid, name: "key", role: .publisher, hint: "0000", createdAt: temporary.now,
                expiresAt: temporary.now + .seconds(60)), hash: SHA256.hash("key"), noting: nil)
        #expect(try await lapse(.key(key.id)) == nil)
        #expect(try await lapse(.key(key.id), after: 60) == .credential)
        _ = try await store.removeKey(key.id, of: user.guid, noting: nil)
        #expect(try await lapse(.key(key.id)) == .credential)
        let session = session()
        #expect(try await lapse(.browserSession(session.hash)) == .credential)
        try await store.openBrowserSession(session, at: temporary.now, noting: nil)
        #expect(try await lapse(.browserSession(session.hash)) == nil)
        #expect(try await lapse(.browserSession(session.hash), after: 100) == .credential)
        #expect(try await lapse(.workbenchSession(session.hash)) == .credential)
    }

    @Test func aContentsSessionNeedsTheOneThatItCameFrom() async throws {
        let parent = session()
        try await store.openBrowserSession(parent, at: temporary.now, noting: event())
        try await store.endBrowserSession(hash: parent.hash, noting: nil)
        let child = session(of: parent.hash)
        await #expect(throws: StoreError.self) {
            try await store.openBrowserSession(
                child, at: temporary.now, noting: event(.browserSession(parent.hash)))
        }
        #expect(try await store.browserSession(hash: child.hash, at: temporary.now) == nil)
    }

    @Test func aWriteWhosePremiseLapsedChangesNothingAndTellsNothing() async throws {
        let before = try await store.auditHead().id
        await #expect(throws: StoreError(.lapsed(.password), "what allowed this does not hold any more")) {
            try await store.openBrowserSession(
                session(), at: temporary.now, noting: event(.passwordHash(of: user.guid, "another")))
        }
        #expect(try await store.browserSession(hash: session().hash, at: temporary.now) == nil)
        #expect(try await store.auditHead().id == before)
        #expect(try await store.user(user.guid)?.activeAt == nil)
    }

    @Test func aPasswordCountsWhileItIsTheOneAndPasswordsAreOn() async throws {
        var admin = UserRecord(
            guid: account.makeGUID(), email: "ada@acme.example", username: "ada", role: .administrator,
            at: temporary.now)
        admin.passwordHash = "hash"
        try await store.addUser(
            admin, key: nil, keyHash: nil, inviteHash: nil, inviteExpiresAt: nil, noting: nil)
        #expect(try await lapse(.passwordHash(of: admin.guid, "hash")) == nil)
        #expect(try await lapse(.passwordHash(of: admin.guid, "old")) == .password)
        #expect(try await lapse(.passwordHash(of: user.guid, "hash")) == .password)
        #expect(try await lapse(.passwordCounts(of: user.guid)) == nil)
        try await store.setBreakGlass(true, user: admin.guid, noting: nil)
        let state = SingleSignOnState(version: 7, settings: ["issuer": "https://idp.example"], sealedSecret: nil)
        try await store.saveSingleSignOn(
            SingleSignOnRecord(changeCount: 0, draft: state, live: state, isOnly: true, updatedAt: temporary.now),
            noting: nil)
        #expect(try await lapse(.passwordCounts(of: user.guid)) == .password)
        #expect(try await lapse(.passwordCounts(of: admin.guid)) == nil)
        #expect(try await lapse(.singleSignOn(version: 7)) == nil)
        #expect(try await lapse(.singleSignOn(version: 6)) == .singleSignOn)
    }

    @Test func aConnectionLapsesWhenItIsTakenAway() async throws {
        let identity = UserIdentityRecord(
            issuer: "https://idp.example", subject: "vic", userGUID: user.guid, createdAt: temporary.now)
        let premise = Premise.identity(issuer: identity.issuer, subject: identity.subject, of: user.guid)
        #expect(try await lapse(premise) == .singleSignOn)
        try await store.addIdentity(identity, adding: nil, noting: [event(.unchanged(user))])
        #expect(try await lapse(premise) == nil)
        _ = try await store.removeIdentity(of: user.guid, issuer: identity.issuer, noting: nil)
        #expect(try await lapse(premise) == .singleSignOn)
    }

    @Test func aSessionWithAProviderLapsesWhenItEnds() async throws {
        let integration = try await temporary.integration(of: account)
        let session = try await store.commitLogin(
            account.makeGUID(), user: user.guid, integration: integration.guid, integrationVersion: 1,
            tokens: temporary.tokens(), at: temporary.now, noting: nil)
        let premise = Premise.oauthSession(session.guid, of: user.guid)
        #expect(try await lapse(premise) == nil)
        #expect(try await lapse(.oauthSession(session.guid, of: account.makeGUID())) == .gone)
        _ = try await store.removeOAuthSession(session.guid, revoking: false, noting: nil)
        #expect(try await lapse(premise) == .gone)
    }

    @Test func whoWasJudgedByEmailMustStillHaveIt() async throws {
        #expect(try await lapse(.unchanged(user)) == nil)
        try await change { $0.firstName = "Vic" }
        #expect(try await lapse(.unchanged(user)) == nil)
        try await change { $0.email = "other@acme.example" }
        #expect(try await lapse(.unchanged(user)) == .changed)
    }

    @Test func theRightToChangeAContentLapses() async throws {
        let owner = try await temporary.user(of: account, email: "olga@acme.example", role: .publisher)
        let content = try await store.addContent(
            ContentRecord(
                guid: account.makeGUID(), ownerGUID: owner.guid, name: "sales", title: "", description: "",
                accessType: .acl, upstreamURL: nil, createdAt: temporary.now, updatedAt: temporary.now), noting: nil)
        let premise = Premise.editor(of: content.guid, user: user.guid, role: .publisher)
        #expect(try await lapse(premise) == .right)
        let permission = try await store.setPermission(
            ContentPermissionRecord(contentGUID: content.guid, principal: .user(user.guid), level: .owner),
            noting: nil)
        #expect(try await lapse(premise) == nil)
        // A co-owner may edit, and is not the owner.
        #expect(try await lapse(.owner(of: content.guid, user: user.guid)) == .right)
        #expect(try await lapse(.owner(of: content.guid, user: owner.guid)) == nil)
        try await change { $0.role = .viewer }
        #expect(try await lapse(premise) == .right)
        try await change { $0.role = .publisher }
        _ = try await store.removePermission(permission.id, of: content.guid, noting: nil)
        #expect(try await lapse(premise) == .right)
        try await store.removeContent(content.guid, noting: nil)
        #expect(try await lapse(premise) == .gone)
    }

    @Test func theRightToChangeAGroupLapses() async throws {
        func premise(_ group: GUID, _ role: Role = .publisher) -> Premise {
            .groupOwner(of: group, user: user.guid, role: role)
        }
        let group = try await store.addGroup(
            GroupRecord(
                guid: account.makeGUID(), name: "sales", ownerGUID: user.guid, createdAt: temporary.now,
                updatedAt: temporary.now), noting: nil)
        #expect(try await lapse(premise(group.guid)) == nil)
        #expect(try await lapse(premise(group.guid, .viewer)) == .right, "a key of less is worth less")
        try await change { $0.role = .viewer }
        #expect(try await lapse(premise(group.guid)) == .right)
        try await change { $0.role = .publisher }
        var given = group
        given.ownerGUID = nil
        try await store.updateGroup(given, from: group, noting: nil)
        #expect(try await lapse(premise(group.guid)) == .right)
        #expect(try await lapse(premise(group.guid, .administrator)) == .right, "the role of today counts")
        try await change { $0.role = .administrator }
        #expect(try await lapse(premise(group.guid, .administrator)) == nil)
        #expect(try await lapse(premise(account.makeGUID())) == .gone)
    }

    @Test func whoIsToOwnSomethingMustBeAPublisherWhoCanAct() async throws {
        #expect(try await lapse(.mayOwn(user.guid)) == nil)
        try await change { $0.isLocked = true }
        #expect(try await lapse(.mayOwn(user.guid)) == .newOwner)
        try await change { ($0.isLocked, $0.role) = (false, .viewer) }
        #expect(try await lapse(.mayOwn(user.guid)) == .newOwner)
        #expect(try await lapse(.mayOwn(account.makeGUID())) == .newOwner)
    }
}
