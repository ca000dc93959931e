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
    let expiresAt: Timestamp?
    let refreshAt: Timestamp?

    init(sealed: [UInt8], additionalData: [UInt8], expiresAt: Timestamp?, refreshAt: Timestamp?) {
        self.sealed = sealed
        self.additionalData = additionalData
        self.expiresAt = expiresAt
        self.refreshAt = refreshAt
    }

    init(_ session: OAuthSessionRecord, vault: Vault) {
        sealed = session.tokens.access
        additionalData = vault.additionalData(.accessToken(session.userGUID, session.integrationGUID))
        expiresAt = session.tokens.expiresAt
        refreshAt = session.tokens.refreshAt
    }

    /// The seconds that remain, where they are known.
    func expiresIn(at now: Timestamp) -> Int64? { expiresAt.map { max(0, $0.seconds - now.seconds) } }
}

extension Vault.Place {
    static func accessToken(_ user: GUID, _ integration: GUID) -> Vault.Place {
        Vault.Place(table: "oauth_session", column: "sealed_access_token", row: "\(user)/\(integration)")
    }

    static func refreshToken(_ user: GUID, _ integration: GUID) -> Vault.Place {
        Vault.Place(table: "oauth_session", column: "sealed_refresh_token", row: "\(user)/\(integration)")
    }
}
