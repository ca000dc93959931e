import HTTPClient
import JSON
import OAuthClient
import Storage

/// A kind of provider. A template is data: what differs between vendors stands in one file a vendor (`Catalogue/`).
public struct Template: Sendable {
    /// How long before its end an access token is refreshed.
    public enum Margin: Sendable {
        /// A quarter of its life, at most 5 minutes, at least one.
        case quarter
        /// As late as possible: a refresh ends the access tokens that running content already holds.
        case late
    }

    /// Where the provider's endpoints come from.
    enum Endpoints: Sendable {
        /// The vendor's own.
        case vendor(VendorEndpoints)
        /// What the admin typed, or the metadata of the issuer that the admin typed.
        case typed
        /// There are none: this server itself gives the credentials.
        case none
    }

    /// What a service account presents at the token endpoint.
    enum ServiceAccount: Sendable {
        /// Its id and secret (RFC 6749, section 4.4).
        case clientCredentials
        /// An assertion signed with its key (RFC 7523, section 2.1).
        case signedAssertion
    }

    /// A group of settings in the dialog.
    struct Section: Sendable {
        let name: String
        let label: String
        let description: String
        let settings: [Setting]
    }

    /// What SDKs know it by.
    public let key: String
    /// For people.
    public let name: String
    /// For people.
    public let description: String
    let sections: [Section]
    /// When tokens are refreshed.
    public var margin = Margin.quarter
    /// How long an access token is used whose lifetime the provider does not tell. Shorter than the provider's own is safe:
    /// it costs a refresh.
    public var assumedLifetime = Template.usualLifetime
    let endpoints: Endpoints
    /// How a secret is sent where the config has no say.
    var authentication = ClientAuthenticationMethod.basic
    var serviceAccount = ServiceAccount.clientCredentials
    /// What a login's request has beside the usual.
    var authorizationParameters: [(name: String, value: String)] = []
    var environment: [EnvironmentRule] = []
    var advice: [Advice] = []
    /// What to do at the provider.
    var instructions: [Instructions] = []

    /// What can be configured, in the order of the dialog.
    var settings: [Setting] { sections.flatMap(\.settings) }

    /// An hour, which most providers grant.
    public static let usualLifetime = Duration.seconds(60 * 60)

    /// Every template there is, in the order of their keys.
    public static let all: [Template] = [
        .aws, .azure, .azureOpenAI, .bigquery, .connect, .custom, .databricks, .drive, .github, .msgraph, .salesforce,
        .sharepoint, .sheets, .snowflake, .vertexAI,
    ]

    private static let byKey = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0) })

    /// The template of that key.
    public static func named(_ key: String) -> Template? { byKey[key] }

    /// Whether the endpoints are the vendor's own, so that the shared callback may serve them (RFC 9700, section 4.4).
    public var isVendors: Bool { if case .vendor = endpoints { true } else { false } }

    /// Whether viewers log in to a provider of this kind; not where this server itself gives the credentials.
    public var hasLogin: Bool { if case .none = endpoints { false } else { true } }

    /// How long an access token of an integration of this kind is used: what the provider says, otherwise
    /// what the administrator typed, otherwise what is assumed.
    static func lifetime(of grant: TokenGrant, _ integration: IntegrationRecord) -> Duration {
        if let told = grant.expiresIn { return told }
        if let typed = integration.config[tokenLifetime]?.stringValue.flatMap(Int64.init) { return .seconds(typed) }
        return named(integration.template)?.assumedLifetime ?? usualLifetime
    }

    func setting(_ name: String) -> Setting? { settings.first { $0.name == name || $0.alias == name } }
}

extension Template.Section {
    static func authentication(_ settings: Setting...) -> Template.Section {
        Template.Section(
            name: "authentication", label: "Authentication", description: "Whose access content uses, and how.",
            settings: settings
        )
    }

    static func provider(_ settings: Setting...) -> Template.Section {
        Template.Section(
            name: "provider", label: "Provider", description: "Where the provider is.", settings: settings)
    }

    static func client(_ settings: Setting...) -> Template.Section {
        Template.Section(
            name: "client", label: "Client", description: "Who this server is at the provider.", settings: settings)
    }
}
