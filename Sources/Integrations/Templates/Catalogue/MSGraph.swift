import OAuthClient

extension Template {
    /// Microsoft Graph. <https://learn.microsoft.com/en-us/graph/auth-v2-user>
    static let msgraph = Template(
        key: "msgraph", name: "Microsoft Graph",
        description: "Use Microsoft 365 through Microsoft Graph as the viewer, or as an app.",
        sections: Microsoft.sections(scopes: Microsoft.scopes(Microsoft.graph)),
        endpoints: Microsoft.endpoints, authentication: .post, environment: Microsoft.environment,
        advice: Microsoft.advice, instructions: Microsoft.instructions
    )
}
