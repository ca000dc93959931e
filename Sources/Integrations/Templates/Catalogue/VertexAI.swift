import OAuthClient

extension Template {
    /// Google Vertex AI. <https://cloud.google.com/vertex-ai/docs/authentication>
    static let vertexAI = Template(
        key: "vertex-ai", name: "Google Vertex AI",
        description: "Call models in Vertex AI as the viewer, or as a service account.",
        sections: Google.sections(
            scopes: "https://www.googleapis.com/auth/cloud-platform", more: Google.projectID,
            Setting(
                "location", label: "Location", description: "The region that content works in, such as europe-west1.",
                form: .line, validation: Setting.Pattern("^[a-z][a-z0-9-]{1,40}$", "the name of a Google Cloud region")
            )
        ),
        endpoints: Google.endpoints, authentication: .post, serviceAccount: .signedAssertion,
        authorizationParameters: Google.authorizationParameters,
        environment: [
            EnvironmentRule("GOOGLE_CLOUD_PROJECT", .text("project_id")),
            EnvironmentRule("GOOGLE_CLOUD_LOCATION", .text("location")),
        ],
        instructions: Google.instructions(api: "Vertex AI API")
    )
}
