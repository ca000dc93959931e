import ArgumentParser

/// Which provider is simulated; everything that differs between them asks this.
enum Kind: String, Sendable, CaseIterable, ExpressibleByArgument {
    case databricks
    case snowflake
    /// Any OAuth 2 service: every grant and client authentication that Gatehouse speaks, revocation, userinfo.
    case generic

    /// What the login page calls it.
    var name: String {
        switch self {
        case .databricks: "Databricks"
        case .snowflake: "Snowflake"
        case .generic: "Example Identity"
        }
    }

    /// The path that, after the origin, names the issuer. The generic one's tells a metadata document inserted before
    /// the path from one appended to it.
    var issuerPath: String {
        switch self {
        case .databricks: "/oidc"
        case .snowflake: ""
        case .generic: "/tenant"
        }
    }

    /// The scopes of which one must be there for a refresh token to be given.
    var refreshScopes: Set<String> {
        switch self {
        case .databricks: ["offline_access"]
        case .snowflake: ["refresh_token"]
        case .generic: ["offline_access", "refresh_token"]
        }
    }
}
