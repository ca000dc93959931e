import JSON

/// What the templates of Google's services share.
/// <https://developers.google.com/identity/protocols/oauth2/web-server>
enum Google {
    private static let hosts = HostRule(field: "host")

    private static let serviceAccountKey = Setting(
        "service_account_key", label: "Service account key",
        description: "The JSON that Google gave for a key of the service account. It is sealed and never shown again.",
        form: .secret(.googleKey)
    ).when(.isServiceAccount).required()

    static let projectID = Setting(
        "project_id", label: "Project ID", description: "The Google Cloud project that content works in.", form: .line,
        validation: Setting.Pattern("^[a-z0-9.:-]{4,64}$", "the id of a Google Cloud project")
    )

    static func sections(scopes: String, more: Setting...) -> [Template.Section] {
        [
            .authentication(.authType([.viewer, .serviceAccount]), .confidentialOnly),
            Template.Section(
                name: "provider", label: "Provider", description: "What content works with.",
                settings: [.standIn(hosts)] + more
            ),
            .client(
                .clientID.when(.isViewer), .clientSecret.when(.isViewer), serviceAccountKey,
                .scopes(
                    scopes,
                    [
                        .never(
                            "offline_access",
                            because: "Google does not know offline_access: refresh tokens are asked for by themselves."
                        )
                    ])
            ),
        ]
    }

    static let endpoints = Template.Endpoints.vendor(
        VendorEndpoints(
            setting: "host", rule: hosts,
            standard: [.init(authorization: "accounts.google.com", token: "oauth2.googleapis.com")],
            authorization: "/o/oauth2/v2/auth", token: "/token", revocation: "/revoke", issuer: .init(path: "")
        )
    )

    /// Google gives a refresh token only when asked so, and again only when the user consents again.
    static let authorizationParameters = [
        (name: "access_type", value: "offline"), (name: "prompt", value: "consent"),
    ]

    /// - Parameter api: what has to be enabled for the project.
    static func instructions(api: String) -> [Instructions] {
        [
            Instructions(
                heading: "Create an OAuth client",
                documentation: "https://developers.google.com/identity/protocols/oauth2/web-server",
                when: .isViewer,
                steps: [
                    .init("In the Google Cloud console enable the \(api) for the project."),
                    .init(
                        "Under APIs & Services, OAuth consent screen, add the scopes, and publish the app to your organization."
                    ),
                    .init(
                        "Under Credentials choose Create credentials, OAuth client ID, and the type Web application."),
                    .init("Under Authorized redirect URIs enter:", code: "{redirect_uri}"),
                    .init("Copy the Client ID and the Client secret into the form here."),
                ]),
            Instructions(
                heading: "Create a service account",
                documentation: "https://cloud.google.com/iam/docs/keys-create-delete",
                when: .isServiceAccount,
                steps: [
                    .init("In the Google Cloud console enable the \(api) for the project."),
                    .init("Under IAM & Admin, Service Accounts, create one, and give it the roles that content needs."),
                    .init(
                        "On its Keys tab choose Add key, Create new key, JSON, and copy the whole file into the form here."
                    ),
                ]),
        ]
    }
}
