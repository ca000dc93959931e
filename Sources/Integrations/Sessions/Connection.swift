import Accounts
import HTTPClient
public import Storage

/// A person and an integration that people log in to.
public struct Connection: Sendable {
    /// The integration.
    public let integration: IntegrationRecord
    /// How the person's login fares.
    public let state: LoginState
    /// When the person logged in; nil where they have not.
    public let since: Timestamp?
    /// When the access token ends; nil where that is not known.
    public let expiresAt: Timestamp?
    /// Whether it is renewed without the person.
    public let renewsItself: Bool
    /// The client at the provider.
    public let clientID: String
    /// Where people log in; empty where the integration is not usable any more.
    public let authorizationEndpoint: String
    /// Where codes and refresh tokens go; empty where the integration is not usable any more.
    public let tokenEndpoint: String
    /// What is asked for.
    public let scopes: [String]

    init(
        _ integration: IntegrationRecord, _ session: OAuthSessionRecord?, at now: Timestamp,
        under policy: OutboundPolicy
    ) {
        self.integration = integration
        state = LoginState(session, at: now)
        since = session?.createdAt
        expiresAt = session?.tokens.expiresAt
        renewsItself = session?.tokens.refresh != nil
        let provider = Self.provider(of: integration, policy)
        clientID = provider?.clientID ?? ""
        authorizationEndpoint = provider?.authorizationEndpoint ?? ""
        tokenEndpoint = provider?.tokenEndpoint?.text ?? ""
        scopes = (provider?.scopes ?? "").split(separator: " ").map(String.init)
    }

    private static func provider(of integration: IntegrationRecord, _ policy: OutboundPolicy) -> Provider? {
        do throws(Refusal) { return try Provider(integration, policy: policy) } catch { return nil }
    }

    /// The kind of provider, for people.
    public var providerName: String { Template.named(integration.template)?.name ?? integration.template }

    /// What the scopes mean, each in words for the person; one that nobody described stays as it is.
    public var permissions: [Permission] { Permission.of(scopes, integration.template) }
}
