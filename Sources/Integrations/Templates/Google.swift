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
}
