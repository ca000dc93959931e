import Accounts
import Integrations

extension Resource {
    static let singleSignOnPages = Resource(
        "pages: single sign-on", "Sign-in at the company's identity provider, and its settings.",
        [
            Operation(
                .get, "/accounts/{account}/sign-in/start", "Begin a sign-in at the identity provider", for: .anyone,
                parameters: [
                    .query("return_to", .text), .query("target_link_uri", .text), .query("iss", .text),
                    .query("login_hint", .text),
                ],
                answers: .redirect(303, "To the identity provider."),
                refusals: [.loginNotPossible, .objectDoesNotExist, .tooManyRequests]),
            Operation(
                .get, "/accounts/{account}/sign-in/callback", "Where the identity provider sends browsers back to",
                for: .anyone,
                parameters: [
                    .query("state", .text), .query("code", .text), .query("iss", .text), .query("error", .text),
                    .query("error_description", .text), .query("error_uri", .text),
                ],
                answers: .redirect(303, "Signed in: to where the person was headed."),
                refusals: [.loginNotPossible, .permissionDenied, .userLocked, .prohibitedChange]),
            Operation(
                .get, "/accounts/{account}/sign-in/signed-out", "After a sign-out", for: .anyone,
                answers: .page("Offers to sign out at the identity provider too.")),
            .page("single-sign-on", "Single sign-on", for: .administratorsBrowser),
            .form(
                "single-sign-on", "Save the settings", for: .administratorsBrowser,
                fields: [
                    "issuer": .text, "client_id": .text, "client_secret": .text, "label": .text, "scopes": .text,
                    "domains": .text, "requires_verified_email": .text, "creates_users": .text, "default_role": .text,
                    "role_claim": .text, "roles": .text, "group_claim": .text, "groups": .text,
                ],
                refusals: [.clientSecret, .prohibitedChange]),
            .form(
                "single-sign-on/test", "Test the settings", for: .administratorsBrowser,
                refusals: [.prohibitedChange, .loginNotPossible]),
            .form(
                "single-sign-on/use", "Put the tested settings in force", for: .administratorsBrowser,
                refusals: [.prohibitedChange]),
            .form("single-sign-on/off", "Turn single sign-on off", for: .administratorsBrowser),
            .form(
                "single-sign-on/passwords-off", "Turn passwords off", for: .administratorsBrowser,
                refusals: [.prohibitedChange]),
            .form("single-sign-on/passwords-on", "Turn passwords on", for: .administratorsBrowser),
            .form(
                "single-sign-on/emergency", "Name an administrator for emergencies", for: .administratorsBrowser,
                fields: ["email": .text, "remove": .text]),
            .page(
                "single-sign-on/people", "Who is connected", for: .administratorsBrowser,
                parameters: [.query("page", .text)]),
            .form(
                "single-sign-on/people/{guid}/disconnect", "Disconnect a user", for: .administratorsBrowser,
                refusals: [.objectDoesNotExist]),
        ]
    )
}
