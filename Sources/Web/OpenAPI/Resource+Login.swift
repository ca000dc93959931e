import Accounts
import Integrations

extension Resource {
    static let login = Resource(
        "login", "A viewer's way to a provider and back.",
        [
            Operation(
                .get, "/__oauth__/integrations/{guid}/login", "Log in to an integration", for: .browser,
                parameters: [.query("redirect", .text.described("Where to go afterwards: a path of this server."))],
                answers: .redirect(302, "To the provider."),
                .redirect(303, "To the sign-in page, or where another site sent the browser, to a page that asks."),
                refusals: [.loginNotPossible, .templateConfig]),
            Operation(
                .get, "/__oauth__/integrations/{guid}/logout", "Log out of an integration", for: .browser,
                parameters: [.query("redirect", .text)], answers: .page("Asks, where another site sent the browser."),
                .redirect(302, "Logged out."), .toSignIn),
            Operation(
                .post, "/__oauth__/integrations/{guid}/logout", "Log out, confirmed", for: .browser,
                body: .form(.form(["csrf_token": .text], optional: ["return_to": .text])),
                answers: .redirect(303, "Logged out, or to the sign-in page."), refusals: [.crossSiteRequest]),
            callback(PublicAddress.vendorCallback, "The vendors' callback"),
            callback(PublicAddress.customCallback, "The callback of custom integrations"),
            callback("/__oauth__/integrations/{guid}/callback", "A custom integration's own callback"),
        ]
    )

    /// Where a provider sends the browser back to (RFC 6749, section 4.1.2; RFC 9207).
    private static func callback(_ path: String, _ summary: String) -> Operation {
        Operation(
            .get, path, summary, for: .anyone,
            parameters: [
                .query("state", .text), .query("code", .text), .query("iss", .text), .query("error", .text),
                .query("error_description", .text), .query("error_uri", .text),
            ],
            answers: .redirect(302, "Logged in: to where the viewer wanted to go."),
            .redirect(303, "It was the test of a data source: to what it came to."),
            refusals: [.loginNotPossible, .accountUnavailable])
    }
}
