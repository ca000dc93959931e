public import Accounts
public import Cryptography
import HTTPClient
import JSON
public import Storage

/// What sessions of an IDE get: their user's own access tokens, from the same OAuth sessions that content uses.
public struct Workbench: Sendable {
    let account: OpenAccount
    let clock: WallClock
    let outbound: OutboundPolicy
    let keeper: TokenKeeper
    let journal: Journal
    let activity: Activity

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
        do throws(Refusal) {
            let token = try await fresh(guid, for: caller)
            activity.count(.exchangesServed, of: guid)
            await journal.note(
                caller.note(
                    .credentialsIssued, at: clock.now, subject: caller.user.guid, integration: guid,
                    details: ["type": .string(IssuedTokenType.accessToken.rawValue)]))
            return token
        } catch {
            // What there is not is nobody's.
            if error.code != .objectDoesNotExist {
                activity.count(error.isFailure ? .exchangesFailed : .exchangesRefused, of: guid)
            }
            await journal.noteOnce(
                caller.note(
                    .credentialsRefused, .refused, at: clock.now, subject: caller.user.guid, integration: guid,
                    details: ([
                        "code": .integer(Int64(error.code.rawValue)), "reason": error.payload?["reason"] ?? .null,
                    ] as JSONObject).merging(error.causeDetail)), code: Int64(error.code.rawValue))
            throw error
        }
    }

    private func fresh(_ guid: GUID, for caller: Caller) async throws(Refusal) -> Token {
        let (found, session) = try await attempt { () throws(StoreError) in
            (
                try await account.store.integration(guid),
                try await account.store.oauthSession(user: caller.user.guid, integration: guid)
            )
        }
        guard let integration = found, takesLogins(integration) else { throw .notFound("integration") }
        guard let session else { throw keeper.loginRequired(guid, "not_logged_in") }
        let fresh = try await keeper.fresh(session, integration, onDemand: false, from: caller.origin)
        do throws(StoreError) {
            // The provider may have taken its time: a lock, a logout or the end of the session came meanwhile.
            try await account.store.require(
                caller.premises + [.oauthSession(fresh.guid, of: caller.user.guid)], at: clock.now)
        } catch {
            throw error.code == .lapsed(.gone) ? keeper.loginRequired(guid, "not_logged_in") : Refusal(error)
        }
        do throws(CryptographyError) {
            let token = try account.vault.open(
                fresh.tokens.access, at: .accessToken(fresh.userGUID, fresh.integrationGUID))
            return Token(token: token, expiry: fresh.tokens.expiresAt ?? clock.now + Template.usualLifetime)
        } catch {
            throw .unreadable("token", error)
        }
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
        return integrations.filter(takesLogins).map { listed($0, byIntegration[$0.guid]) }
    }

    private func listed(_ integration: IntegrationRecord, _ session: OAuthSessionRecord?) -> Listed {
        let provider = provider(of: integration)
        return Listed(
            integration: integration, clientID: provider?.clientID ?? "",
            authorizationEndpoint: provider?.authorizationEndpoint ?? "",
            tokenEndpoint: provider?.tokenEndpoint?.text ?? "",
            scopes: (provider?.scopes ?? "").split(separator: " ").map(String.init), issuer: provider?.issuer ?? "",
            isAuthenticated: session.map { works($0) } ?? false
        )
    }

    /// Whether people log in to an integration; one that is not usable any more may still have their tokens.
    private func takesLogins(_ integration: IntegrationRecord) -> Bool {
        guard integration.authType == AuthType.viewer.rawValue else { return false }
        guard let provider = provider(of: integration) else { return true }
        return provider.authorizationEndpoint != nil
    }

    private func provider(of integration: IntegrationRecord) -> Provider? {
        do throws(Refusal) { return try Provider(integration, policy: outbound) } catch { return nil }
    }

    private func works(_ session: OAuthSessionRecord) -> Bool {
        session.needsLogin == nil && RefreshPolicy.decide(session, at: clock.now, isDemanded: false) != .over
    }
}
