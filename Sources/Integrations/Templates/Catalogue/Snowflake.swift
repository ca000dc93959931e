extension Template {
    /// Snowflake OAuth for custom clients. <https://docs.snowflake.com/en/user-guide/oauth-custom>
    static let snowflake = Template(
        key: "snowflake", name: "Snowflake", description: "Query a Snowflake account as the viewer.",
        sections: [
            .authentication(.authType([.viewer]), .confidentialOnly),
            .provider(
                Setting(
                    "account_url", label: "Account URL",
                    description: "The account's host, such as myorg-myaccount.snowflakecomputing.com.",
                    form: .host(snowflakeHosts)
                ).required().alsoKnown(as: "host_url")
            ),
            .client(
                .clientID, .clientSecret.always(),
                .scopes(
                    "refresh_token",
                    [
                        .never(
                            "offline_access",
                            because: "Snowflake does not know offline_access: its word is refresh_token."),
                        .atMostOne(
                            prefix: "session:role", because: "Snowflake allows one session:role scope at most."),
                    ])
            ),
        ],
        // A refresh ends the access tokens that running content already holds.
        margin: .late,
        endpoints: .vendor(
            VendorEndpoints(
                setting: "account_url", rule: snowflakeHosts, authorization: "/oauth/authorize",
                token: "/oauth/token-request"
            )
        ),
        environment: [EnvironmentRule("SNOWFLAKE_ACCOUNT", .label("account_url"))],
        advice: [
            .missingScope(
                "refresh_token",
                "Without the scope refresh_token viewers must log in again every ten minutes.",
                when: .isViewer
            ),
            .part(
                ".privatelink.", of: "account_url",
                "A privatelink host resolves to a private address, which this server calls only if its operator allowed the host."
            ),
        ]
    )

    private static let snowflakeHosts = HostRule(
        field: "account_url",
        suffixes: [".snowflakecomputing.com", ".snowflakecomputing.cn"],
        example: "myorg-myaccount.snowflakecomputing.com",
        replacesUnderscores: true
    )
}
