public import Accounts
import HTTPClient
import JSON
public import Storage

/// What viewers' logins left, as the API shows it: who and when, and never a token.
public struct OAuthSessions: Sendable {
    let account: OpenAccount
    let clock: WallClock
    let outbound: OutboundPolicy

    /// The caller's own sessions.
    public func own(_ caller: Caller) async throws(Refusal) -> [OAuthSessionRecord] {
        _ = try Reader(caller)
        return try await attempt { () throws(StoreError) in
            try await account.store.oauthSessions(of: caller.user.guid)
        }
    }

    /// Everybody's sessions.
    public func all(for reader: some ReadsAsAdministrator) async throws(Refusal) -> [OAuthSessionRecord] {
        try await attempt { () throws(StoreError) in try await account.store.oauthSessions(of: nil) }
    }

    /// One session: the caller's own, or any for administrators. Somebody else's is as good as none.
    public func session(_ guid: GUID, for caller: Caller) async throws(Refusal) -> OAuthSessionRecord {
        _ = try Reader(caller)
        let found = try await attempt { () throws(StoreError) in try await account.store.oauthSession(guid) }
        guard let session = found, session.userGUID == caller.user.guid || caller.role == .administrator else {
            throw .notFound("OAuth session")
        }
        return session
    }

    /// Ends a session: its tokens are gone, and are revoked at the provider in the background where it can.
    public func end(_ guid: GUID, by caller: Caller) async throws(Refusal) {
        let person = try Person(caller)
        try await end(try await session(guid, for: caller), by: person)
    }

    /// Ends the viewer's own session with an integration; nothing happens where there is none.
    public func logOut(of integration: GUID, _ identity: BrowserIdentity) async throws(Refusal) {
        let found = try await attempt { () throws(StoreError) in try await account.store.integration(integration) }
        guard found != nil else { throw .notFound("integration") }
        let session = try await attempt { () throws(StoreError) in
            try await account.store.oauthSession(user: identity.user.guid, integration: integration)
        }
        guard let session else { return }
        try await end(session, by: try Person(identity.caller))
    }

    private func end(_ session: OAuthSessionRecord, by person: Person) async throws(Refusal) {
        let event = person.event(
            .sessionEnded, at: clock.now, subject: session.guid, integration: session.integrationGUID,
            details: ["user_guid": .string(session.userGUID.description)]
        )
        try await attempt { () throws(StoreError) in
            let integration = try await account.store.integration(session.integrationGUID)
            _ = try await account.store.removeOAuthSession(
                session.guid, revoking: integration?.canRevoke(under: outbound) ?? false, noting: event)
        }
    }
}
