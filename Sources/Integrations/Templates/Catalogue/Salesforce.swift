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
        ]
    )

    private static let salesforceHosts = HostRule(
        field: "sf_host_domain", suffixes: [".my.salesforce.com", ".my.salesforce.mil"],
        example: "acme.my.salesforce.com"
    )
}
