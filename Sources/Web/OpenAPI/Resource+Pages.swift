import Accounts
import Integrations
import Storage

extension Resource {
    static let pages = Resource(
        "pages", "For people with a browser.",
        [
            Operation(.get, "/", "The front page", for: .anyone, answers: .page("Asks for the account.")),
            Operation(
                .get, "/assets/style.css", "The style sheet", for: .anyone,
                answers: Answer(status: 200, description: "The style sheet.", media: "text/css", schema: .text)),
            Operation(
                .get, "/assets/gatehouse.js", "The script", for: .anyone,
                answers: Answer(status: 200, description: "The script.", media: "text/javascript", schema: .text)),
            Operation(
                .get, "/accounts", "Go to an account's pages", for: .anyone,
                parameters: [.query("account", .anyCaseSlug, isRequired: true)],
                answers: .redirect(303, "To the account's pages."),
                refusals: [.objectDoesNotExist, .accountUnavailable]),
            Operation(
                .get, "/accounts/{account}", "My connections", for: .browser,
                parameters: [.query("q", .text), .query("page", .text)], answers: .page("My connections."), .toSignIn,
                refusals: [.parameter]),
            Operation(
                .get, "/accounts/{account}/sign-in", "The sign-in page", for: .anyone,
                parameters: [.query("return_to", .text)], answers: .page("The form."),
                .redirect(303, "Signed in already: to where it was to go.")),
            Operation(
                .post, "/accounts/{account}/sign-in", "Sign in", for: .anyone,
                body: .form(
                    .form(["email": .text, "password": .text, "csrf_token": .text], optional: ["return_to": .text])),
                answers: .redirect(303, "Signed in."),
                refusals: [.authenticationRequired, .userLocked, .crossSiteRequest, .tooManyRequests, .parameter]),
            Operation(
                .get, "/accounts/{account}/invite", "Where an invite's link leads", for: .anyone,
                parameters: [.query("token", .text)], answers: .page("The form for a first password."),
                refusals: [.userLocked]),
            Operation(
                .post, "/accounts/{account}/invite", "Accept an invite", for: .anyone,
                body: .form(
                    .form(["token": .text, "password": .text, "password_again": .text, "csrf_token": .text])),
                answers: .redirect(303, "Signed in."),
                refusals: [.userLocked, .crossSiteRequest, .parameter, .tooManyRequests]),
            Operation(
                .post, "/accounts/{account}/sign-out", "Sign out", for: .browser,
                body: .form(.form(["csrf_token": .text])), answers: .toSignIn, refusals: [.crossSiteRequest]),
        ]
    )
}

extension Answer {
    static let toSignIn = Answer.redirect(303, "To the sign-in page.")
}

extension Schema {
    /// `AccountSlug.rule`.
    /// A slug as people type it.
    fileprivate static let anyCaseSlug = text(pattern: "[A-Za-z0-9][A-Za-z0-9-]{0,38}[A-Za-z0-9]")
    static let slug = text(pattern: AccountSlug.pattern).described(AccountSlug.rule)
}
