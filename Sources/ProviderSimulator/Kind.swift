import ArgumentParser

/// Which provider is simulated; everything that differs between the two asks this.
enum Kind: String, Sendable, CaseIterable, ExpressibleByArgument {
    case databricks
    case snowflake

    /// The path that, after the origin, names the issuer. Databricks' issuer is below `/oidc`.
    var issuerPath: String { self == .databricks ? "/oidc" : "" }

    /// The scope without which no refresh token is given.
    var refreshScope: String { self == .databricks ? "offline_access" : "refresh_token" }
}
