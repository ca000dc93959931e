import Accounts
import Storage

/// Whose token with which integration: a viewer's, or a content's that acts as itself.
struct SessionKey: Hashable, Sendable {
    let user: GUID
    let integration: GUID
    /// Where one content's token must not be another's.
    var content: GUID?
}

/// An access token as memory holds it: sealed, with what decides whether it may be handed out.
struct LiveToken: Sendable {
    let sealed: [UInt8]
    let additionalData: [UInt8]
    /// When it was stored, or came.
    let obtainedAt: Timestamp
    let expiresAt: Timestamp?
    let refreshAt: Timestamp?

    init(
        sealed: [UInt8], additionalData: [UInt8], obtainedAt: Timestamp, expiresAt: Timestamp?, refreshAt: Timestamp?
    ) {
        self.sealed = sealed
        self.additionalData = additionalData
        self.obtainedAt = obtainedAt
        self.expiresAt = expiresAt
        self.refreshAt = refreshAt
    }

    init(_ session: OAuthSessionRecord, vault: Vault) {
        sealed = session.tokens.access
        additionalData = vault.additionalData(.accessToken(session.userGUID, session.integrationGUID))
        obtainedAt = session.updatedAt
        expiresAt = session.tokens.expiresAt
        refreshAt = session.tokens.refreshAt
    }

    /// The seconds that remain, where they are known. Never more than the provider said, whatever the clock says by now.
    func expiresIn(at now: Timestamp) -> Int64? {
        expiresAt.map { max(0, $0.seconds - max(now, obtainedAt).seconds) }
    }

    /// Whether it may be handed out without a refresh.
    func isFresh(at now: Timestamp) -> Bool {
        RefreshPolicy.isPlausible(obtainedAt: obtainedAt, at: now) && refreshAt.map { now < $0 } ?? true
    }
}

extension Vault.Place {
    static func accessToken(_ user: GUID, _ integration: GUID) -> Vault.Place {
        Vault.Place(table: "oauth_session", column: "sealed_access_token", row: "\(user)/\(integration)")
    }

    static func refreshToken(_ user: GUID, _ integration: GUID) -> Vault.Place {
        Vault.Place(table: "oauth_session", column: "sealed_refresh_token", row: "\(user)/\(integration)")
    }
}
