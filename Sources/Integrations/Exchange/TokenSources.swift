import Accounts
import Storage

/// Where the tokens come from: one source for each kind of integration.
struct TokenSources: Sendable {
    let keeper: TokenKeeper
    let serviceAccounts: ServiceAccounts
    let visitorKeys: VisitorKeys
    let aws: AWSCredentials
    let vault: Vault

    /// A token that may be handed out.
    struct Answer: Sendable {
        /// What memory knows it by.
        let key: SessionKey
        let token: LiveToken
        /// The viewer's session, where it comes from one.
        let session: OAuthSessionRecord?
    }

    /// A token for what was judged to be somebody's right.
    func token(
        _ entitlement: Entitlement, _ facts: ExchangeFacts, onDemand: Bool, from origin: Origin
    ) async throws(Refusal) -> Answer {
        let integration = entitlement.integration
        let holder = entitlement.viewer?.guid ?? entitlement.content.guid
        switch (entitlement.type, entitlement.viewer) {
        case (.accessToken, nil):
            let token = try await serviceAccounts.token(integration, onDemand: onDemand)
            return Answer(key: ServiceAccounts.key(integration), token: token, session: nil)
        case (.accessToken, _?):
            guard let session = facts.sessions.first(where: { $0.integrationGUID == integration.guid }) else {
                throw keeper.loginRequired(integration.guid, "not_logged_in")
            }
            let fresh = try await keeper.fresh(session, integration, onDemand: onDemand, from: origin)
            return Answer(
                key: SessionKey(user: holder, integration: integration.guid), token: LiveToken(fresh, vault: vault),
                session: fresh)
        case (.awsCredentials, let viewer):
            let key = SessionKey(user: holder, integration: integration.guid)
            let token = try await aws.token(
                key, for: viewer.map { .viewer($0) } ?? .content(holder), integration, onDemand: onDemand)
            return Answer(key: key, token: token, session: nil)
        case (.apiKey, let viewer):
            guard let viewer else { throw Refusal(.visitorKeyNeedsViewer, "A visitor API key is a viewer's.") }
            let key = SessionKey(user: holder, integration: integration.guid, content: entitlement.content.guid)
            let token = try await visitorKeys.token(key, viewer: viewer, content: entitlement.content, integration)
            return Answer(key: key, token: token, session: nil)
        }
    }
}
