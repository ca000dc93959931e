import OAuthClient

extension Template {
    /// Google Sheets. <https://developers.google.com/workspace/sheets/api/scopes>
    static let sheets = Template(
        key: "sheets", name: "Google Sheets",
        description: "Read and write Google Sheets as the viewer, or as a service account.",
        sections: Google.sections(scopes: "https://www.googleapis.com/auth/spreadsheets"),
        endpoints: Google.endpoints, authentication: .post, serviceAccount: .signedAssertion,
        authorizationParameters: Google.authorizationParameters,
        instructions: Google.instructions(api: "Google Sheets API")
    )
}
