import OAuthClient

extension Template {
    /// Salesforce: connected apps of an organization. <https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm>
    static let salesforce = Template(
        key: "salesforce", name: "Salesforce", description: "Use Salesforce as the viewer, or as an integration user.",
        sections: [
            .authentication(.authType([.viewer, .serviceAccount]), .bothModes),
            .provider(
                Setting(
                    "sf_host_domain", label: "My Domain",
                    description: "The organization's My Domain host, such as acme.my.salesforce.com.",
                    form: .host(salesforceHosts)
                ).required().alsoKnown(as: "host_url")
            ),
            // The client credentials flow has no scopes: the connected app's own count.
            .client(.clientID, .clientSecret, .scopes("api refresh_token").when(.isViewer)),
        ],
        // Salesforce tells no lifetime: a token ends with its session, whose timeout an administrator there sets, 15 minutes at
        // least.
        assumedLifetime: .seconds(15 * 60),
        endpoints: .vendor(
            VendorEndpoints(
                setting: "sf_host_domain", rule: salesforceHosts, authorization: "/services/oauth2/authorize",
                token: "/services/oauth2/token", revocation: "/services/oauth2/revoke", issuer: .init(path: "")
            )
        ),
        authentication: .post,
        environment: [EnvironmentRule("SALESFORCE_INSTANCE_URL", .origin("sf_host_domain"))],
        advice: [
            .missingScope(
                "refresh_token",
                "Without the scope refresh_token viewers must log in again whenever their session at Salesforce ends.",
                when: .isViewer
            )
        ],
        instructions: [connectedApp, integrationUser]
    )

    private static let clientApp = Instructions.Step(
        "In Setup open External Client App Manager (App Manager in older organizations) and create a new app; enable OAuth."
    )

    private static let connectedApp = Instructions(
        heading: "Create an external client app",
        documentation: "https://help.salesforce.com/s/articleView?id=xcloud.create_a_local_external_client_app.htm",
        when: .isViewer,
        steps: [
            clientApp,
            .init("As Callback URL enter:", code: "{redirect_uri}"),
            .init("Select the OAuth scopes api and refresh_token (offline_access)."),
            .init("Require PKCE, and a secret for the web server flow.", when: .isConfidential),
            .init("Require PKCE, and no secret for the web server flow.", when: .not(.isConfidential)),
            .init("Copy the Consumer Key as Client ID, and the Consumer Secret as Client Secret, into the form here."),
        ]
    )

    private static let integrationUser = Instructions(
        heading: "Create an external client app for an integration user",
        documentation:
            "https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm",
        when: .isServiceAccount,
        steps: [
            clientApp,
            .init("Enable the client credentials flow, and choose the user whom content shall act as."),
            .init("Copy the Consumer Key as Client ID, and the Consumer Secret as Client Secret, into the form here."),
        ]
    )

    private static let salesforceHosts = HostRule(
        field: "sf_host_domain", suffixes: [".my.salesforce.com", ".my.salesforce.mil"],
        example: "acme.my.salesforce.com"
    )
}
