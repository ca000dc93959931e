public import Accounts
public import Cryptography
import HTTPClient
import JSON
public import Storage

/// What sessions of an IDE get: their user's own access tokens, from the same OAuth sessions that content uses.
public struct Workbench: Sendable {
    /// Where a provider does not say how long its token lives, the IDE is to ask again after this.
    private static let unknownLifetime = Duration.seconds(5 * 60)
    private static let viewer = "Viewer"

    let account: OpenAccount
    let clock: WallClock
    let outbound: OutboundPolicy
    let keeper: TokenKeeper

    /// An access token to hand out.
    public struct Token: Sendable {
        /// The token.
        public let token: SecretString
        /// When to ask again at the latest.
        public let expiry: Timestamp
    }

    /// An integration as IDEs list it.
    public struct Listed: Sendable {
        /// The integration.
        public let integration: IntegrationRecord
        /// The client at the provider.
        public let clientID: String
        /// Where its users log in; empty where the integration is not usable any more.
        public let authorizationEndpoint: String
        /// Where its codes and refresh tokens go; empty where the integration is not usable any more.
        public let tokenEndpoint: String
        /// What is asked for.
        public let scopes: [String]
        /// Who the provider says it is; empty where that is not known.
        public let issuer: String
        /// Whether the user's login works.
        public let isAuthenticated: Bool
    }

    /// The user's own access token with an integration, refreshed where that is due.
    ///
    /// - Throws: `Refusal` 4 where there is no such integration, 220 where the user is to log in (again), 219 where a refresh
    ///   is not possible for now.
    public func token(of guid: GUID, for caller: Caller) async throws(Refusal) -> Token {
        let (found, session) = try await attempt { () throws(StoreError) in
            (
                try await account.store.integration(guid),
                try await account.store.oauthSession(user: caller.user.guid, integration: guid)
            )
        }
        guard let integration = found, integration.authType == Self.viewer else { throw .notFound("integration") }
        guard let session else { throw keeper.loginRequired(guid, "not_logged_in") }
        let fresh = try await keeper.fresh(session, integration, onDemand: false, from: caller.origin)
        let token: SecretString
        do throws(CryptographyError) {
            token = try account.vault.open(fresh.tokens.access, at: .accessToken(fresh.userGUID, fresh.integrationGUID))
        } catch {
            throw Refusal(.accountUnavailable, "A stored token cannot be opened: tell the operator of this server.")
        }
        let now = clock.now
        let event = caller.event(.credentialsIssued, at: now, subject: fresh.guid, integration: guid)
        try await attempt { () throws(StoreError) in try await account.store.note([event]) }
        return Token(token: token, expiry: fresh.tokens.expiresAt ?? now + Self.unknownLifetime)
    }

    /// The integrations that a person can log in to, oldest first.
    public func integrations(for caller: Caller) async throws(Refusal) -> [Listed] {
        let (integrations, sessions) = try await attempt { () throws(StoreError) in
            (
                try await account.store.integrations(),
                try await account.store.oauthSessions(of: caller.user.guid)
            )
        }
        let byIntegration = Dictionary(uniqueKeysWithValues: sessions.map { ($0.integrationGUID, $0) })
        return integrations.filter { $0.authType == Self.viewer }.map { listed($0, byIntegration[$0.guid]) }
    }

    private func listed(_ integration: IntegrationRecord, _ session: OAuthSessionRecord?) -> Listed {
        let provider: Provider?
        do throws(Refusal) { provider = try Provider(integration, policy: outbound) } catch { provider = nil }
        let authorizationEndpoint: String? = provider?.authorizationEndpoint
        let tokenEndpoint: OutboundURL? = provider?.tokenEndpoint
        return Listed(
            integration: integration, clientID: provider?.clientID ?? "",
            authorizationEndpoint: authorizationEndpoint ?? "", tokenEndpoint: tokenEndpoint?.text ?? "",
            scopes: (provider?.scopes ?? "").split(separator: " ").map(String.init), issuer: provider?.issuer ?? "",
            isAuthenticated: session.map { works($0) } ?? false
        )
    }

    private func works(_ session: OAuthSessionRecord) -> Bool {
        session.needsLogin == nil && RefreshPolicy.decide(session, at: clock.now, isDemanded: false) != .over
    }
}
