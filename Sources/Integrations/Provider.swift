import Accounts
import Cryptography
import HTTPClient
import JSON
import OAuthClient
public import Storage

/// What an integration says about its provider, ready to be used.
struct Provider: Sendable {
    /// What a service account asks for a token with.
    enum Grant: Sendable {
        /// Its id and secret (RFC 6749, section 4.4).
        case clientCredentials(audience: String?, additional: [(name: String, value: String)])
        /// An assertion that its key signs (RFC 7523, section 2.1), for this audience.
        case jwtBearer(audience: String)
    }

    let authType: AuthType
    /// Where viewers log in; nil where nobody does.
    let authorizationEndpoint: String?
    /// Where codes and tokens go; nil where this server itself gives the credentials.
    let tokenEndpoint: OutboundURL?
    /// Where tokens are revoked (RFC 7009); nil where that is not offered.
    let revocationEndpoint: OutboundURL?
    let clientID: String
    let authentication: ClientAuthenticationMethod
    /// The `kid` of the client's key, where it has one.
    let keyID: String?
    /// How a service account gets its tokens; nil for all others.
    let grant: Grant?
    let scopes: String
    let usesPKCE: Bool
    /// What `iss` and an id_token must say, where it is known.
    let issuer: String?
    /// Whether an answer without `iss` is refused (RFC 9207).
    let requiresIssuer: Bool
    /// Whether the code goes to an endpoint of the vendor's own.
    let isVendors: Bool
    let hasOwnCallback: Bool
    /// What the login's request has beside the usual.
    let additionalAuthorizationParameters: [(name: String, value: String)]

    private let template: Template
    private let config: JSONObject
    private let policy: OutboundPolicy

    /// What its clients find in the environment of content.
    var environment: [(name: String, value: String)] {
        template.environment.compactMap { rule in
            rule.value(template, config, policy: policy).map { (rule.name, $0) }
        }
    }

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
        func text(_ name: String) -> String? { config[name]?.stringValue.flatMap { $0.isEmpty ? nil : $0 } }

        let authType = text("auth_type").flatMap(AuthType.init) ?? .viewer
        let endpoints = try Self.endpoints(template, config, authType, policy: policy)
        self.authType = authType
        authorizationEndpoint = authType == .viewer ? endpoints.authorization : nil
        tokenEndpoint = endpoints.token
        revocationEndpoint = endpoints.revocation
        issuer = endpoints.issuer
        requiresIssuer = config[Template.promisesIssuer]?.boolValue ?? false
        (self.template, self.config, self.policy) = (template, config, policy)
        let isPublic = authType == .viewer && text("auth_mode") == "Public"
        let chosen = text("token_endpoint_auth_method").flatMap(ClientAuthenticationMethod.init)
        authentication = isPublic ? .none : chosen ?? template.authentication
        keyID = text("private_key_id")
        usesPKCE = isPublic || (config["use_pkce"]?.boolValue ?? true)
        clientID = text("client_id") ?? ""
        scopes = Self.scopes(text("scopes") ?? "", authType)
        isVendors = template.isVendors
        hasOwnCallback = text("callback") != "shared"
        additionalAuthorizationParameters = template.authorizationParameters
        grant = authType == .serviceAccount ? Self.grant(template, config, endpoints.token) : nil
    }

    /// Who this server is at the token endpoint.
    ///
    /// - Throws: `Refusal` 228 where the key that was sealed is not usable (any more).
    func credentials(secret: SecretString?) throws(Refusal) -> ClientCredentials {
        // An assertion says by itself who asks.
        if case .jwtBearer = grant { return .absent }
        guard authentication == .privateKeyJWT else {
            return ClientCredentials(clientID: clientID, secret: secret, method: authentication)
        }
        guard let secret, let key = try? PrivateKey(pem: secret) else {
            throw .invalid("private_key", "private_key is not usable: give it anew.", code: .templateConfig)
        }
        return ClientCredentials(clientID: clientID, privateKey: key, keyID: keyID, audience: tokenEndpoint?.text)
    }

    private typealias Endpoints = (
        authorization: String?, token: OutboundURL?, revocation: OutboundURL?, issuer: String?
    )

    private static func endpoints(
        _ template: Template, _ config: JSONObject, _ authType: AuthType, policy: OutboundPolicy
    ) throws(Refusal) -> Endpoints {
        func address(_ name: String) throws(Refusal) -> OutboundURL {
            try .usable(config[name]?.stringValue ?? "", field: name, policy: policy)
        }
        switch template.endpoints {
        case .vendor(let vendor):
            let addresses = try vendor.addresses(config, policy: policy)
            return (addresses.authorization, addresses.token, addresses.revocation, addresses.issuer)
        case .typed:
            let authorization = authType == .viewer ? try address("authorization_uri").text : nil
            let revocation = ["revocation_uri", Template.revocationEndpoint].first { config[$0] != nil }
            return (
                authorization, try address("token_uri"),
                try revocation.map { name throws(Refusal) in try address(name) },
                config["issuer"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
            )
        case .none:
            return (nil, nil, nil, nil)
        }
    }

    private static func grant(_ template: Template, _ config: JSONObject, _ token: OutboundURL?) -> Grant? {
        guard let token else { return nil }
        return switch template.serviceAccount {
        case .clientCredentials: .clientCredentials(audience: config["audience"]?.stringValue, additional: [])
        case .signedAssertion: .jwtBearer(audience: token.text)
        }
    }

    /// What a service account asks for: providers refuse it what has a meaning for people alone.
    private static func scopes(_ text: String, _ authType: AuthType) -> String {
        guard authType == .serviceAccount else { return text }
        return text.split(separator: " ").filter { !ofPeople.contains($0) }.joined(separator: " ")
    }

    private static let ofPeople: Set<Substring> = ["offline_access", "openid", "profile", "email"]
}

extension IntegrationRecord {
    /// Whether viewers log in to it at its provider.
    public var hasLogin: Bool {
        authType == AuthType.viewer.rawValue && Template.named(template)?.hasLogin ?? true
    }
}

/// The addresses people and providers reach this server by.
public struct PublicAddress: Sendable {
    /// The origin of the pages, the API and the callbacks, such as `https://gatehouse.example`.
    public let base: String
    /// The origins of content; nil where the operator set none.
    let content: ContentOrigins?

    /// Addresses without a slash at their end; in that of content, `*` as the first label stands for the content's GUID.
    public init(base: String, content: String?) {
        self.base = base
        self.content = content.map(ContentOrigins.init)
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

    /// What to register at the identity provider of an account: its own, so that no other account's answers come there.
    public func signInCallback(_ account: AccountSlug) -> String { "\(base)/accounts/\(account)/sign-in/callback" }

    /// Where the identity provider sends browsers back to after a sign-out there.
    public func signInPage(_ account: AccountSlug) -> String { "\(base)/accounts/\(account)/sign-in" }

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
