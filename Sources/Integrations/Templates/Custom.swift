import JSON

extension Template {
    /// Any OAuth 2 server, by its endpoints or by its issuer's metadata (RFC 8414).
    static let custom = Template(
        key: "custom",
        name: "Custom",
        description: "Any OAuth 2 service, by its endpoints or its issuer.",
        settings: [
            .authType, .authMode,
            Setting(
                "issuer", label: "Issuer",
                description:
                    "The authorization server's issuer; its metadata then gives the endpoints and is held to its promises.",
                form: .address
            ),
            Setting(
                "authorization_uri", label: "Authorization URI", description: "Where viewers log in.", form: .address),
            Setting("token_uri", label: "Token URI", description: "Where codes become tokens.", form: .address),
            .clientID, .clientSecret, .scopes(""),
            Setting(
                "token_endpoint_auth_method", label: "Client authentication",
                description: "How the secret is sent to the token endpoint.",
                form: .choice(["client_secret_basic", "client_secret_post"]), default: "client_secret_basic"
            ),
            Setting(
                "use_pkce", label: "Use PKCE", description: "Off only for servers that refuse unknown parameters.",
                form: .flag,
                default: true
            ),
            Setting(
                "callback", label: "Redirect URI",
                description:
                    "own: one of this integration's own. shared is possible where the metadata promises iss (RFC 9207).",
                form: .choice(["shared", "own"]), default: "own"
            ),
            Setting(
                promisesIssuer, label: "Sends iss",
                description: "Whether the metadata promises iss in answers (RFC 9207).",
                form: .derived
            ),
        ],
        margin: .quarter,
        endpoints: .typed,
        environment: { _ in [] },
        environmentNames: [],
        warnings: { _ in [] }
    )

    /// RFC 9207, section 3: the metadata's word for "I send `iss`".
    static let promisesIssuer = "authorization_response_iss_parameter_supported"
}
