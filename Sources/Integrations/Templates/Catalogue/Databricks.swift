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
        ],
        instructions: [registration, servicePrincipal]
    )

    private static let registration = Instructions(
        heading: "Register this server as an app connection",
        documentation: "https://docs.databricks.com/aws/en/integrations/enable-disable-oauth",
        when: .isViewer,
        steps: [
            .init(
                "Sign in to the Databricks account console as an account admin, and open Settings, then App connections."
            ),
            .init("Choose Add connection, and give it a name that your colleagues recognise, such as Gatehouse."),
            .init("Under Redirect URLs enter:", code: "{redirect_uri}"),
            .init(
                "Under Access scopes choose All APIs, or SQL where content only queries warehouses: then change the scopes here likewise."
            ),
            .init("Tick Generate a client secret.", when: .isConfidential),
            .init("Leave Generate a client secret unticked: a public client has none.", when: .not(.isConfidential)),
            .init(
                "Choose how long tokens live. Viewers log in again when the refresh token ends, so a few days or weeks are pleasant."
            ),
            .init(
                "Choose Add, and copy the Client ID, and the Client Secret which is shown this once, into the form here."
            ),
            .init("It can take half an hour until Databricks knows the new connection everywhere."),
        ]
    )

    private static let servicePrincipal = Instructions(
        heading: "Create a service principal",
        documentation: "https://docs.databricks.com/aws/en/dev-tools/auth/oauth-m2m",
        when: .isServiceAccount,
        steps: [
            .init(
                "Open the workspace's Settings, then Identity and access, then Service principals, and choose Manage."),
            .init("Add a service principal, and give it the rights that content needs."),
            .init("On its Secrets tab choose Generate secret."),
            .init("Copy the Client ID, and the Secret which is shown this once, into the form here."),
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
