import HTTPClient
import JSON

extension Template {
    /// Databricks: OAuth U2M of a workspace. <https://docs.databricks.com/aws/en/dev-tools/auth/oauth-u2m>
    static let databricks = Template(
        key: "databricks",
        name: "Databricks",
        description: "Query a Databricks workspace as the viewer.",
        settings: [
            .authType, .authMode,
            Setting(
                "workspace_host", label: "Workspace Host",
                description: "The workspace's host, such as dbc-1234.cloud.databricks.com.",
                form: .host(databricksHosts),
                isRequired: true, alias: "host_url"
            ),
            .clientID, .clientSecret, .scopes("all-apis sql offline_access openid profile email"),
        ],
        margin: .quarter,
        endpoints: .onHost(
            setting: "workspace_host", rule: databricksHosts, authorize: "/oidc/v1/authorize", token: "/oidc/v1/token",
            issuer: "/oidc"
        ),
        environment: { [("DATABRICKS_HOST", $0.origin)] },
        environmentNames: ["DATABRICKS_HOST"],
        warnings: { config in
            let scopes = config["scopes"]?.stringValue?.split(separator: " ") ?? []
            return scopes.contains("offline_access")
                ? []
                : ["Without the scope offline_access there is no refresh token: viewers must log in again every hour."]
        }
    )

    private static let databricksHosts = HostRule(
        field: "workspace_host",
        suffixes: [
            ".cloud.databricks.com", ".cloud.databricks.us", ".azuredatabricks.net", ".databricks.azure.us",
            ".databricks.azure.cn", ".gcp.databricks.com", ".databricks.com",
        ],
        example: "dbc-1234.cloud.databricks.com",
        ignoredQuery: ["o"],
        replacesUnderscores: false
    )
}
