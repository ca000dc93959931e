import Accounts
import Cryptography
import HTTPClient
import JSON
import OAuthClient
public import Storage

/// What an integration says about its provider, ready to be used.
struct Provider: Sendable {
    let authorizationEndpoint: String
    let tokenEndpoint: OutboundURL
    let clientID: String
    let authentication: ClientAuthenticationMethod
    let scopes: String
    let usesPKCE: Bool
    /// What `iss` and an id_token must say, where it is known.
    let issuer: String?
    /// Whether an answer without `iss` is refused (RFC 9207).
    let requiresIssuer: Bool
    /// Whether the code goes to an endpoint of the vendor's own.
    let isVendors: Bool
    let hasOwnCallback: Bool
    let environment: [(name: String, value: String)]

    var asksForIdentity: Bool { scopes.split(separator: " ").contains("openid") }

    /// The provider of an integration as it is configured now.
    ///
    /// - Throws: `Refusal` 228 where the config is not usable (any more), such as a host that is no longer allowed.
    init(_ integration: IntegrationRecord, policy: OutboundPolicy) throws(Refusal) {
        guard let template = Template.named(integration.template) else {
            throw Refusal(.unknownTemplate, "This server does not know the template \(integration.template).")
        }
        try self.init(template: template, values: integration.config, policy: policy)
    }

    init(template: Template, values: JSONObject, policy: OutboundPolicy) throws(Refusal) {
        let config = template.complete(values)
        func text(_ name: String) -> String { config[name]?.stringValue ?? "" }

        switch template.endpoints {
        case .onHost(let setting, let rule, let authorize, let token, let issuerPath):
            let host = try rule.address(of: text(setting), policy: policy)
            authorizationEndpoint = host.origin + authorize
            tokenEndpoint = try Self.address(host.origin + token, field: setting, policy: policy)
            issuer = issuerPath.map { host.origin + $0 }
            requiresIssuer = false
            environment = template.environment(host)
        case .typed:
            let endpoint = try Self.address(text("authorization_uri"), field: "authorization_uri", policy: policy)
            authorizationEndpoint = endpoint.text
            tokenEndpoint = try Self.address(text("token_uri"), field: "token_uri", policy: policy)
            issuer = text("issuer").isEmpty ? nil : text("issuer")
            requiresIssuer = config[Template.promisesIssuer]?.boolValue ?? false
            environment = []
        }
        let isPublic = text("auth_mode") == "Public"
        let usesPost = text("token_endpoint_auth_method") == "client_secret_post"
        authentication = isPublic ? .none : usesPost ? .post : .basic
        usesPKCE = isPublic || (config["use_pkce"]?.boolValue ?? true)
        clientID = text("client_id")
        scopes = text("scopes")
        isVendors = template.isVendors
        hasOwnCallback = text("callback") != "shared"
    }

    private static func address(_ text: String, field: String, policy: OutboundPolicy) throws(Refusal) -> OutboundURL {
        do throws(OutboundURLError) { return try OutboundURL(parsing: text, policy: policy) } catch {
            let sentence =
                text.isEmpty
                ? "is missing: give it, or the issuer whose metadata names it." : "is not usable: \(error.description)"
            throw .invalid(field, "\(field) \(sentence)", code: .templateConfig)
        }
    }
}

/// The addresses people and providers reach this server by.
public struct PublicAddress: Sendable {
    /// The origin of the pages, the API and the callbacks, such as `https://gatehouse.example`.
    public let base: String
    /// The origin of content; nil where the operator set none.
    public let content: String?

    /// Addresses without a slash at their end.
    public init(base: String, content: String?) {
        self.base = base
        self.content = content
    }

    /// Whether cookies can be bound to https.
    public var isSecure: Bool { base.hasPrefix("https://") }

    /// The callback of the vendors' templates.
    public static let vendorCallback = "/v1/integrations/callback"
    /// The callback of custom integrations.
    public static let customCallback = "/__oauth__/integrations/callback"

    /// The path of a custom integration's own callback.
    public static func ownCallback(_ guid: GUID) -> String { "/__oauth__/integrations/\(guid)/callback" }

    /// Where a viewer logs in to an integration.
    public func login(_ guid: GUID) -> String { "\(base)/__oauth__/integrations/\(guid)/login" }

    /// What to register at the provider for an integration that is yet to be made; nil where that needs its GUID first.
    public func expectedRedirectURI(_ template: Template) -> String? {
        template.isVendors ? base + Self.vendorCallback : nil
    }

    /// What to register at the provider.
    func redirectURI(of guid: GUID, _ provider: Provider) -> String {
        base
            + (provider.isVendors
                ? Self.vendorCallback : provider.hasOwnCallback ? Self.ownCallback(guid) : Self.customCallback)
    }
}
