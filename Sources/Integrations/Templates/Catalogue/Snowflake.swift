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
        assumedLifetime: .seconds(10 * 60),
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
        ],
        instructions: [securityIntegration]
    )

    private static let securityIntegration = Instructions(
        heading: "Create a security integration",
        documentation: "https://docs.snowflake.com/en/user-guide/oauth-custom",
        steps: [
            .init(
                "In a worksheet, with a role that may create integrations such as ACCOUNTADMIN, run:",
                code: """
                    CREATE SECURITY INTEGRATION GATEHOUSE
                      TYPE = OAUTH
                      ENABLED = TRUE
                      OAUTH_CLIENT = CUSTOM
                      OAUTH_CLIENT_TYPE = 'CONFIDENTIAL'
                      OAUTH_REDIRECT_URI = '{redirect_uri}'
                      OAUTH_ALLOW_NON_TLS_REDIRECT_URI = {redirect_is_plain}
                      OAUTH_ENFORCE_PKCE = TRUE
                      OAUTH_ISSUE_REFRESH_TOKENS = TRUE
                      OAUTH_REFRESH_TOKEN_VALIDITY = 7776000;
                    """),
            .init(
                "Ask for the client's id and secret, and copy OAUTH_CLIENT_ID and OAUTH_CLIENT_SECRET into the form here:",
                code: "SELECT SYSTEM$SHOW_OAUTH_CLIENT_SECRETS('GATEHOUSE');"),
            .init(
                "Snowflake lets nobody log in by OAuth whose default role is ACCOUNTADMIN, ORGADMIN, GLOBALORGADMIN or SECURITYADMIN: they choose another default role, or you add a scope such as session:role:ANALYST."
            ),
            .init("Where a network policy guards the account, let it pass the address that this server calls from."),
        ]
    )

    private static let snowflakeHosts = HostRule(
        field: "account_url",
        suffixes: [".snowflakecomputing.com", ".snowflakecomputing.cn"],
        example: "myorg-myaccount.snowflakecomputing.com",
        replacesUnderscores: true
    )
}
