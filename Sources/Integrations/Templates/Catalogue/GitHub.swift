import OAuthClient

extension Template {
    /// GitHub: OAuth apps and GitHub Apps, which give tokens without an end or refresh tokens.
    /// <https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps>
    static let github = Template(
        key: "github", name: "GitHub", description: "Use GitHub as the viewer.",
        sections: [
            .authentication(.authType([.viewer]), .confidentialOnly),
            .provider(
                Setting(
                    "host", label: "GitHub Enterprise Host",
                    description:
                        "A host of GitHub Enterprise Cloud such as octocorp.ghe.com, or one that the operator allowed; without it, github.com.",
                    form: .host(gitHubHosts)
                )
            ),
            // GitHub Apps go by the permissions they are registered with and disregard scopes.
            .client(.clientID, .clientSecret.always(), .scopes("")),
        ],
        // The tokens of OAuth apps have no end and no refresh token; GitHub removes one that was not used for a year.
        assumedLifetime: .seconds(365 * 86_400),
        endpoints: .vendor(
            VendorEndpoints(
                setting: "host", rule: gitHubHosts,
                standard: [.init(authorization: "github.com", token: "github.com")],
                authorization: "/login/oauth/authorize", token: "/login/oauth/access_token",
                issuer: .init(path: "/login/oauth")
            )
        ),
        authentication: .post,
        environment: [EnvironmentRule("GITHUB_HOST", .text("host"))],
        instructions: [oauthApp]
    )

    private static let oauthApp = Instructions(
        heading: "Register an OAuth app",
        documentation: "https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/creating-an-oauth-app",
        steps: [
            .init(
                "In GitHub open the organization's Settings, then Developer settings, then OAuth Apps, and choose New OAuth App."
            ),
            .init("Give it a name, and this server's address as Homepage URL."),
            .init("As Authorization callback URL enter:", code: "{redirect_uri}"),
            .init("Choose Register application, then Generate a new client secret."),
            .init("Copy the Client ID and the client secret into the form here."),
            .init("A GitHub App works as well: its permissions count then, and the scopes here are disregarded."),
        ]
    )

    private static let gitHubHosts = HostRule(field: "host", suffixes: [".ghe.com"], example: "octocorp.ghe.com")
}
