import HTTPClient
import JSON

extension Template {
    /// Snowflake OAuth for custom clients. <https://docs.snowflake.com/en/user-guide/oauth-custom>
    static let snowflake = Template(
        key: "snowflake",
        name: "Snowflake",
        description: "Query a Snowflake account as the viewer.",
        settings: [
            .authType,
            Setting(
                "account_url", label: "Account URL",
                description: "The account's host, such as myorg-myaccount.snowflakecomputing.com.",
                form: .host(snowflakeHosts),
                isRequired: true, alias: "host_url"
            ),
            .clientID, .clientSecret, .scopes("refresh_token", rule: snowflakeScopes),
        ],
        margin: .late,
        endpoints: .onHost(
            setting: "account_url", rule: snowflakeHosts, authorize: "/oauth/authorize", token: "/oauth/token-request",
            issuer: nil
        ),
        environment: { [("SNOWFLAKE_ACCOUNT", snowflakeAccount($0.host))] },
        environmentNames: ["SNOWFLAKE_ACCOUNT"],
        warnings: { config in
            var warnings: [String] = []
            let scopes = config["scopes"]?.stringValue?.split(separator: " ") ?? []
            if !scopes.contains("refresh_token") {
                warnings.append("Without the scope refresh_token viewers must log in again every ten minutes.")
            }
            if config["account_url"]?.stringValue?.contains(".privatelink.") == true {
                warnings.append(
                    "A privatelink host resolves to a private address, which this server calls only if its operator allowed the host."
                )
            }
            return warnings
        }
    )

    private static let snowflakeHosts = HostRule(
        field: "account_url",
        suffixes: [".snowflakecomputing.com", ".snowflakecomputing.cn"],
        example: "myorg-myaccount.snowflakecomputing.com",
        ignoredQuery: [],
        replacesUnderscores: true
    )

    private static let snowflakeScopes: Setting.ScopeRule = { scopes in
        if scopes.contains("offline_access") {
            return "Snowflake does not know offline_access: its word is refresh_token."
        }
        let roles = scopes.filter { $0.lowercased().hasPrefix("session:role") }
        return roles.count > 1 ? "Snowflake allows one session:role scope at most." : nil
    }

    /// The account as Snowflake's clients want it: the host without the vendor's domain.
    private static func snowflakeAccount(_ host: String) -> String {
        for suffix in snowflakeHosts.suffixes where host.hasSuffix(suffix) {
            return String(host.dropLast(suffix.count))
        }
        return host
    }
}
