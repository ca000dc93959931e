import JSON

extension Setting {
    /// Whose access content uses; the first is meant where nothing is said.
    static func authType(_ types: [AuthType]) -> Setting {
        Setting(
            "auth_type", label: "Authentication type",
            description: types == [.visitorKey]
                ? "Whose access the content uses: the visitor's, by a short-lived API key."
                : types == [.viewer]
                    ? "Whose access the content uses: each viewer's own."
                    : "Whose access the content uses: each viewer's own, or the content's as a service account.",
            form: .choice(types.map(\.rawValue)), default: types.first.map { .string($0.rawValue) }
        ).decisive()
    }

    /// Whether the client has a secret. Service accounts always have one.
    static func authMode(_ modes: [String]) -> Setting {
        Setting(
            "auth_mode", label: "Client type",
            description: modes.count == 1
                ? "The provider knows confidential clients alone: they have a secret."
                : "Confidential clients have a secret; public clients rely on PKCE.",
            form: .choice(modes), default: "Confidential"
        ).when(.isViewer).decisive()
    }

    static let bothModes = authMode(["Confidential", "Public"])
    static let confidentialOnly = authMode(["Confidential"])

    static let clientID = Setting(
        "client_id", label: "Client ID", description: "The OAuth client's id, as the provider shows it.",
        form: .clientID, validation: Pattern("^[\\x21-\\x7e]{1,255}$", "1 to 255 printable characters without spaces")
    ).required()

    static let clientSecret = Setting(
        "client_secret", label: "Client Secret",
        description: "The OAuth client's secret. It is sealed and never shown again.",
        form: .secret(.clientSecret)
    ).when(.isConfidential).required()

    static func scopes(_ defaults: String, _ rules: [ScopeRule] = []) -> Setting {
        Setting(
            "scopes", label: "Scopes", description: "What the token may be used for, separated by spaces.",
            form: .scopes(rules), default: .string(defaults)
        )
    }

    /// In place of a vendor's fixed host: a stand-in that the operator allowed, or another host of the vendor's own.
    static func standIn(_ rule: HostRule) -> Setting {
        Setting(
            "host", label: "Host",
            description: "Another host in place of the vendor's: one of its own, or one that the operator allowed.",
            form: .host(rule)
        ).hidden()
    }
}
