import OAuthClient

extension Template {
    /// Azure OpenAI and Azure AI services.
    /// <https://learn.microsoft.com/en-us/azure/ai-services/authentication#authenticate-with-microsoft-entra-id>
    static let azureOpenAI = Template(
        key: "azure-openai", name: "Azure OpenAI", description: "Call models in Azure as the viewer, or as an app.",
        sections: Microsoft.sections(
            scopes: Microsoft.scopes(
                Microsoft.Resource(
                    worldwide: "https://cognitiveservices.azure.com", government: "https://cognitiveservices.azure.us",
                    china: "https://cognitiveservices.azure.cn"
                )
            ),
            more: Setting(
                "endpoint", label: "Endpoint",
                description:
                    "The resource's host, such as my-resource.openai.azure.com; content finds it in its environment.",
                form: .host(openAIHosts)
            )
        ),
        endpoints: Microsoft.endpoints, authentication: .post,
        environment: Microsoft.environment + [EnvironmentRule("AZURE_OPENAI_ENDPOINT", .origin("endpoint"))],
        advice: Microsoft.advice, instructions: Microsoft.instructions
    )

    private static let openAIHosts = HostRule(
        field: "endpoint",
        suffixes: [
            ".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com", ".openai.azure.us",
            ".cognitiveservices.azure.us", ".openai.azure.cn", ".cognitiveservices.azure.cn",
        ],
        example: "my-resource.openai.azure.com"
    )
}
