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
    ///   - refusals: why it may be shown again.
    static func form(
        _ path: String, _ summary: String, for access: Access, fields: KeyValuePairs<String, Schema> = [:],
        refusals: [ErrorCode] = []
    ) -> Operation {
        Operation(
            .post, "/accounts/{account}/\(path)", summary, for: access,
            body: .form(.form(["csrf_token": .text], optional: fields)),
            answers: .redirect(303, "Done: to the page that shows it."),
            .page("Not signed in (any more): what was typed, to be sent again.", status: 401),
            .page("From a page that is out of date: what was typed, to be sent again.", status: 409),
            refusals: [.crossSiteRequest, .parameter] + refusals)
    }
}
