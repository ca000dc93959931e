import Integrations
import Storage

extension SingleSignOnPages {
    /// The form of the settings, with what is in the draft.
    static func fields(_ overview: SingleSignOn.Overview) -> [Field] {
        let draft = overview.draft ?? SingleSignOnSettings()
        let isKnown = overview.hasSecret
        return [
            Field(
                "issuer", "Issuer", .url, value: draft.issuer,
                hint: "The address of your identity provider, to the letter: what its metadata calls issuer.",
                isRequired: true, maximum: 2048),
            Field("client_id", "Client ID", value: draft.clientID, isRequired: true, maximum: 255),
            Field(
                "client_secret", "Client secret", .password,
                hint: isKnown
                    ? "One is kept, and never shown. Leave this empty to keep it; type another to replace it."
                    : "Kept sealed, and never shown again. Leave it empty for a client without one.",
                maximum: 4096),
            Field(
                "label", "Words on the button", value: draft.label, hint: "Such as: Sign in with Example Ltd",
                maximum: 60),
            Field(
                "scopes", "Scopes", value: draft.scopes, hint: "With spaces between them. openid must be among them.",
                maximum: 1024),
            Field(
                "domains", "Email domains that may come in", .code(2), value: draft.domains.joined(separator: "\n"),
                hint: "One on each line, such as example.com. Empty: all. Asked the first time somebody signs in."),
            Field(
                "requires_verified_email", "The provider must say that the email is verified", .tick,
                value: draft.requiresVerifiedEmail ? "on" : "",
                hint: "Untick it only where everybody's email is given by your company; then name the domains."),
            Field(
                "creates_users", "Add people who are not known yet", .tick, value: draft.createsUsers ? "on" : "",
                hint: "Otherwise only those who were added under People come in."),
            Field(
                "default_role", "Role of new people", .choice([("viewer", "Viewer"), ("publisher", "Publisher")]),
                value: draft.defaultRole.rawValue),
            Field(
                "role_claim", "Claim that decides about roles", value: draft.roleClaim,
                hint: "Such as roles, groups or realm_access.roles. Empty: roles are given here, under People.",
                maximum: 255),
            Field(
                "roles", "What its values mean", .code(4),
                value: draft.roles.map { "\($0.value) = \($0.role.rawValue)" }.joined(separator: "\n"),
                hint:
                    "One on each line, such as: gatehouse-admins = administrator. Of several the greatest counts; whoever "
                    + "has none gets the role of new people, at each sign-in."),
            Field(
                "group_claim", "Claim that decides about groups", value: draft.groupClaim,
                hint: "Such as groups. Empty: groups are kept here.", maximum: 255),
            Field(
                "groups", "Which group its values mean", .code(4),
                value: draft.groups.compactMap { rule in
                    overview.groupNames[rule.group].map { "\(rule.value) = \($0)" }
                }.joined(separator: "\n"),
                hint:
                    "One on each line, such as: data-science = Data Science. Membership in these groups is made true at each "
                    + "sign-in; other groups stay as they are."),
        ]
    }
}
