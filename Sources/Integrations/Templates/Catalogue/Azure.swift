import OAuthClient

extension Template {
    /// Azure, through Microsoft Entra ID; by default for Azure Resource Manager.
    /// <https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow>
    static let azure = Template(
        key: "azure", name: "Azure", description: "Use what is behind Microsoft Entra ID as the viewer, or as an app.",
        sections: Microsoft.sections(
            scopes: Microsoft.scopes(
                Microsoft.Resource(
                    worldwide: "https://management.azure.com", government: "https://management.usgovcloudapi.net",
                    china: "https://management.chinacloudapi.cn"
                )
            )
        ),
        endpoints: Microsoft.endpoints, authentication: .post, environment: Microsoft.environment,
        advice: Microsoft.advice, instructions: Microsoft.instructions
    )
}
