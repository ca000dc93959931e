import OAuthClient

extension Template {
    /// Google Drive. <https://developers.google.com/workspace/drive/api/guides/api-specific-auth>
    static let drive = Template(
        key: "drive", name: "Google Drive",
        description: "Read and write Google Drive as the viewer, or as a service account.",
        sections: Google.sections(scopes: "https://www.googleapis.com/auth/drive"),
        endpoints: Google.endpoints, authentication: .post, serviceAccount: .signedAssertion,
        authorizationParameters: Google.authorizationParameters,
        instructions: Google.instructions(api: "Google Drive API")
    )
}
