import Accounts

/// The pages of an account, which `PageDoors` puts before the router: all of them answer alike.
extension Operation {
    /// A page of an account.
    static func page(
        _ path: String, _ summary: String, for access: Access, parameters: [Parameter] = [], refusals: [ErrorCode] = []
    ) -> Operation {
        Operation(
            .get, "/accounts/{account}/\(path)", summary, for: access, parameters: parameters,
            answers: .page("The page."), .toSignIn, refusals: refusals)
    }

    /// What a form of such a page does.
    ///
    /// - Parameters:
    ///   - fields: what it holds beside the proof that it is ours.
    ///   - shows: what a page that answers it shows, where there is one.
    ///   - refusals: why it may be shown again.
    static func form(
        _ path: String, _ summary: String, for access: Access, fields: KeyValuePairs<String, Schema> = [:],
        shows: String? = nil, refusals: [ErrorCode] = []
    ) -> Operation {
        let done = Answer.redirect(303, "Done: to the page that shows it.")
        // Answers are told by their status: where nothing is shown, that of a redirect is there once.
        return Operation(
            .post, "/accounts/{account}/\(path)", summary, for: access,
            body: .form(.form(["csrf_token": .text], optional: fields)),
            answers: done, shows.map { .page($0) } ?? done,
            .page("Not signed in (any more): what was typed, to be sent again.", status: 401),
            .page("From a page that is out of date: what was typed, to be sent again.", status: 409),
            refusals: [.crossSiteRequest, .parameter] + refusals)
    }
}
