import JSON

/// What the templates of Microsoft's services share: Microsoft Entra ID is where all of them log in.
/// <https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow>
enum Microsoft {
    /// A resource in each of Microsoft's clouds. <https://learn.microsoft.com/en-us/entra/identity-platform/authentication-national-cloud>
    struct Resource: Sendable {
        let worldwide: String
        let government: String
        let china: String
    }

    static let graph = Resource(
        worldwide: "https://graph.microsoft.com", government: "https://graph.microsoft.us",
        china: "https://microsoftgraph.chinacloudapi.cn"
    )

    static let isGovernment = Visibility.equals("cloud", "US Government")
    static let isChina = Visibility.equals("cloud", "China")

    private static let cloud = Setting(
        "cloud", label: "Cloud", description: "Which of Microsoft's clouds the tenant is in.",
        form: .choice(["Public", "US Government", "China"]), default: "Public"
    ).decisive()

    private static let tenantID = Setting(
        "tenant_id", label: "Tenant ID", description: "The directory's id, or a domain of it.", form: .line,
        validation: Setting.Pattern(
            "^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$", "the id of a Microsoft Entra tenant, or a domain of it")
    ).required().decisive()

    private static let guid = Setting.Pattern(
        "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$", "a GUID")

    private static let hosts = HostRule(
        field: "host", suffixes: [".microsoftonline.com", ".microsoftonline.us", ".partner.microsoftonline.cn"],
        example: "login.microsoftonline.com"
    )

    /// A scope for all permissions of a resource that the registered application has.
    static func scopes(_ resource: Resource) -> Setting {
        Setting.scopes("\(resource.worldwide)/.default offline_access")
            .otherwise("\(resource.government)/.default offline_access", when: isGovernment)
            .otherwise("\(resource.china)/.default offline_access", when: isChina)
    }

    static func sections(scopes: Setting, more: Setting...) -> [Template.Section] {
        [
            .authentication(.authType([.viewer, .serviceAccount]), .bothModes),
            Template.Section(
                name: "provider", label: "Provider", description: "Where the provider is.",
                settings: [cloud, tenantID, .standIn(hosts)] + more
            ),
            .client(.clientID, .clientSecret, scopes),
        ]
    }

    static let endpoints = Template.Endpoints.vendor(
        VendorEndpoints(
            setting: "host", rule: hosts,
            standard: [
                .init(
                    authorization: "login.microsoftonline.us", token: "login.microsoftonline.us", when: isGovernment),
                .init(
                    authorization: "login.partner.microsoftonline.cn", token: "login.partner.microsoftonline.cn",
                    when: isChina),
                .init(authorization: "login.microsoftonline.com", token: "login.microsoftonline.com"),
            ],
            authorization: "/{tenant_id}/oauth2/v2.0/authorize", token: "/{tenant_id}/oauth2/v2.0/token",
            // A domain, or `common`, is not what tokens name: they name the tenant's id.
            issuer: .init(path: "/{tenant_id}/v2.0", onlyWhere: (setting: "tenant_id", fits: guid))
        )
    )

    static let environment = [EnvironmentRule("AZURE_TENANT_ID", .text("tenant_id"))]

    static let advice = [
        Advice.missingScope(
            "offline_access",
            "Without the scope offline_access there is no refresh token: viewers must log in again every hour.",
            when: .isViewer
        )
    ]

    static let instructions = [
        Instructions(
            heading: "Register an application",
            documentation: "https://learn.microsoft.com/en-us/entra/identity-platform/quickstart-register-app",
            when: .isViewer,
            steps: [
                .init("In the Microsoft Entra admin center open App registrations and choose New registration."),
                .init(
                    "As redirect URI choose the platform Web and enter:", code: "{redirect_uri}", when: .isConfidential),
                .init(
                    "As redirect URI choose the platform Mobile and desktop applications and enter:",
                    code: "{redirect_uri}", when: .not(.isConfidential)),
                .init(
                    "Under Certificates & secrets choose New client secret, and copy its Value (not its Secret ID).",
                    when: .isConfidential),
                .init(
                    "Under API permissions add the delegated permissions that content needs, and grant admin consent."),
                .init(
                    "Copy the Application (client) ID and the Directory (tenant) ID from the Overview into the form here."
                ),
            ]),
        Instructions(
            heading: "Register an application that acts as itself",
            documentation:
                "https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow",
            when: .isServiceAccount,
            steps: [
                .init("In the Microsoft Entra admin center open App registrations and choose New registration."),
                .init("Under Certificates & secrets choose New client secret, and copy its Value (not its Secret ID)."),
                .init(
                    "Under API permissions add the application permissions that content needs, and grant admin consent."
                ),
                .init(
                    "Copy the Application (client) ID and the Directory (tenant) ID from the Overview into the form here."
                ),
            ]),
    ]
}
