extension Template {
    /// Databricks: OAuth U2M and M2M of a workspace. <https://docs.databricks.com/aws/en/dev-tools/auth/oauth-u2m>
    static let databricks = Template(
        key: "databricks", name: "Databricks",
        description: "Query a Databricks workspace as the viewer, or as a service principal.",
        sections: [
            .authentication(.authType([.viewer, .serviceAccount]), .bothModes),
            .provider(
                Setting(
                    "workspace_host", label: "Workspace Host",
                    description: "The workspace's host, such as dbc-1234.cloud.databricks.com.",
                    form: .host(databricksHosts)
                ).required().alsoKnown(as: "host_url")
            ),
            .client(
                .clientID, .clientSecret,
                .scopes("all-apis sql offline_access openid profile email")
                    .otherwise("all-apis", when: .isServiceAccount)
            ),
        ],
        endpoints: .vendor(
            VendorEndpoints(
                setting: "workspace_host", rule: databricksHosts, authorization: "/oidc/v1/authorize",
                token: "/oidc/v1/token", issuer: .init(path: "/oidc")
            )
        ),
        environment: [EnvironmentRule("DATABRICKS_HOST", .origin("workspace_host"))],
        advice: [
            .missingScope(
                "offline_access",
                "Without the scope offline_access there is no refresh token: viewers must log in again every hour.",
                when: .isViewer
            )
        ]
    )

    private static let databricksHosts = HostRule(
        field: "workspace_host",
        suffixes: [
            ".cloud.databricks.com", ".cloud.databricks.us", ".azuredatabricks.net", ".databricks.azure.us",
            ".databricks.azure.cn", ".gcp.databricks.com", ".databricks.com",
        ],
        example: "dbc-1234.cloud.databricks.com",
        ignoredQuery: ["o"]
    )
}
