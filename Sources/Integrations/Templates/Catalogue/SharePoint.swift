import OAuthClient

extension Template {
    /// SharePoint and OneDrive: through Microsoft Graph, or through a site's own API where its host is given.
    /// <https://learn.microsoft.com/en-us/sharepoint/dev/sp-add-ins/sharepoint-online-oauth>
    static let sharepoint = Template(
        key: "sharepoint", name: "SharePoint", description: "Read and write SharePoint as the viewer, or as an app.",
        sections: Microsoft.sections(
            scopes: Setting.scopes("\(Microsoft.graph.worldwide)/.default offline_access")
                .otherwise("https://{sharepoint_host}/.default offline_access", when: .given("sharepoint_host"))
                .otherwise("\(Microsoft.graph.government)/.default offline_access", when: Microsoft.isGovernment)
                .otherwise("\(Microsoft.graph.china)/.default offline_access", when: Microsoft.isChina),
            more: Setting(
                "sharepoint_host", label: "SharePoint Host",
                description:
                    "The tenant's host, such as contoso.sharepoint.com, for SharePoint's own API; without it, Graph.",
                form: .host(sharePointHosts)
            )
        ),
        endpoints: Microsoft.endpoints, authentication: .post,
        environment: Microsoft.environment + [EnvironmentRule("SHAREPOINT_URL", .origin("sharepoint_host"))],
        advice: Microsoft.advice, instructions: Microsoft.instructions
    )

    private static let sharePointHosts = HostRule(
        field: "sharepoint_host", suffixes: [".sharepoint.com", ".sharepoint.us", ".sharepoint.cn"],
        example: "contoso.sharepoint.com"
    )
}
