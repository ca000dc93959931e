/// Where one set of OAuth endpoints is, below the origin.
struct EndpointPaths: Sendable {
    let authorize: String
    let token: String
    /// Nil where the provider has no revocation (RFC 7009).
    let revoke: String?

    init(_ authorize: String, _ token: String, revoke: String? = nil) {
        self.authorize = authorize
        self.token = token
        self.revoke = revoke
    }
}

extension Kind {
    /// The endpoints, at the vendor's own paths. The generic provider answers at those of other vendors, too, so that it
    /// can stand in for each of them: Google, Microsoft, GitHub, Salesforce.
    var endpoints: [EndpointPaths] {
        switch self {
        case .databricks: [EndpointPaths("/oidc/v1/authorize", "/oidc/v1/token")]
        case .snowflake: [EndpointPaths("/oauth/authorize", "/oauth/token-request")]
        case .generic:
            [
                EndpointPaths("/tenant/authorize", "/tenant/token", revoke: "/tenant/revoke"),
                EndpointPaths("/o/oauth2/v2/auth", "/token", revoke: "/revoke"),
                EndpointPaths("/:directory/oauth2/v2.0/authorize", "/:directory/oauth2/v2.0/token"),
                EndpointPaths("/login/oauth/authorize", "/login/oauth/access_token"),
                EndpointPaths(
                    "/services/oauth2/authorize", "/services/oauth2/token", revoke: "/services/oauth2/revoke"),
            ]
        }
    }
}
