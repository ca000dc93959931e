import OAuthClient

extension Template {
    /// Google BigQuery. <https://cloud.google.com/bigquery/docs/authentication>
    static let bigquery = Template(
        key: "bigquery", name: "Google BigQuery",
        description: "Query BigQuery as the viewer, or as a service account.",
        sections: Google.sections(scopes: "https://www.googleapis.com/auth/bigquery", more: Google.projectID),
        endpoints: Google.endpoints, authentication: .post, serviceAccount: .signedAssertion,
        authorizationParameters: Google.authorizationParameters,
        environment: [EnvironmentRule("GOOGLE_CLOUD_PROJECT", .text("project_id"))],
        instructions: Google.instructions(api: "BigQuery API")
    )
}
