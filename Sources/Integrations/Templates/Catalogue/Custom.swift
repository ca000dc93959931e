import JSON

extension Template {
    /// Any OAuth 2 server, by its endpoints or by its issuer's metadata (RFC 8414).
    static let custom = Template(
        key: "custom", name: "Custom", description: "Any OAuth 2 service, by its endpoints or its issuer.",
        sections: [
            .authentication(
                .authType([.viewer, .serviceAccount]), .bothModes,
                Setting(
                    "token_endpoint_auth_method", label: "Client authentication",
                    description: "How this server proves who it is at the token endpoint.",
                    form: .choice(["client_secret_basic", "client_secret_post", "private_key_jwt"]),
                    default: "client_secret_basic"
                ).when(.isConfidential).decisive(),
                Setting(
                    "use_pkce", label: "Use PKCE",
                    description: "Off only for servers that refuse unknown parameters.", form: .flag, default: true
                ).when(.isConfidentialViewer),
                Setting(
                    "callback", label: "Redirect URI",
                    description:
                        "own: one of this integration's own. shared is possible where the metadata promises iss (RFC 9207).",
                    form: .choice(["shared", "own"]), default: "own"
                ).when(.isViewer)
            ),
            .provider(
                Setting(
                    "issuer", label: "Issuer",
                    description:
                        "The authorization server's issuer; its metadata then gives the endpoints and is held to its promises.",
                    form: .address
                ),
                Setting(
                    "authorization_uri", label: "Authorization URI", description: "Where viewers log in.",
                    form: .address
                ).when(.isViewer),
                Setting("token_uri", label: "Token URI", description: "Where codes become tokens.", form: .address),
                Setting(
                    "revocation_uri", label: "Revocation URI",
                    description: "Where tokens are revoked when a viewer logs out (RFC 7009).", form: .address
                ),
                Setting(
                    tokenLifetime, label: "Token lifetime",
                    description:
                        "In seconds: how long a new access token is used where the provider does not say expires_in. Without a refresh token the viewer logs in again then.",
                    form: .number(60...31_536_000), default: "3600"
                )
            ),
            .client(
                .clientID, .clientSecret.when(.all([.isConfidential, .not(signsAssertions)])),
                Setting(
                    "private_key", label: "Private key",
                    description:
                        "The client's private key in PEM: RSA of 2048 bits at least or EC P-256. It is sealed and never shown again.",
                    form: .secret(.privateKey)
                ).when(.all([.isConfidential, signsAssertions])).required(),
                Setting(
                    "private_key_id", label: "Private key ID",
                    description: "The kid by which the provider knows the key, where it has several.", form: .line,
                    validation: Setting.Pattern("^[\\x21-\\x7e]{1,255}$", "1 to 255 printable characters")
                ).when(.all([.isConfidential, signsAssertions])),
                .scopes(""),
                Setting(
                    "audience", label: "Audience",
                    description: "The API that tokens are for, where the provider asks for one.", form: .line,
                    validation: Setting.Pattern("^[\\x21-\\x7e]{1,512}$", "1 to 512 printable characters")
                ).when(.isServiceAccount),
                Setting(
                    promisesIssuer, label: "Sends iss",
                    description: "Whether the metadata promises iss in answers (RFC 9207).", form: .derived
                ),
                Setting(
                    revocationEndpoint, label: "Revocation endpoint",
                    description: "Where the metadata says that tokens are revoked.", form: .derived
                ),
                Setting(
                    keySetURI, label: "Key set", description: "Where the metadata says that the issuer's keys are.",
                    form: .derived
                )
            ),
        ],
        endpoints: .typed,
        instructions: [
            Instructions(
                heading: "Register a client",
                documentation: nil, when: .isViewer,
                steps: [
                    .init(
                        "At the provider register a web application that uses the authorization code flow (RFC 6749)."),
                    .init("As redirect URI, to the letter, enter:", code: "{redirect_uri}"),
                    .init(
                        "Let it have refresh tokens, where the provider asks; many want the scope offline_access for that."
                    ),
                    .init("Copy the client's id into the form here, and its secret where it has one."),
                ]),
            Instructions(
                heading: "Register a client",
                documentation: nil, when: .isServiceAccount,
                steps: [
                    .init(
                        "At the provider register an application that uses the client credentials flow (RFC 6749, section 4.4)."
                    ),
                    .init("Give it the rights that content needs, and copy its id and secret into the form here."),
                ]),
        ]
    )

    private static let signsAssertions = Visibility.equals("token_endpoint_auth_method", "private_key_jwt")

    /// How long a token is used of which the provider does not tell the lifetime, in seconds.
    static let tokenLifetime = "token_lifetime"
    /// RFC 9207, section 3: the metadata's word for "I send `iss`".
    static let promisesIssuer = "authorization_response_iss_parameter_supported"
    /// RFC 8414, section 2.
    static let revocationEndpoint = "revocation_endpoint"
    /// RFC 8414, section 2.
    static let keySetURI = "jwks_uri"
}
