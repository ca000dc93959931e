import Accounts

extension Resource {
    static let viewerPages = Resource(
        "pages: viewers", "For everybody with a browser.",
        [
            .page(
                "connections/{guid}/log-in", "Whether to log in to a data source, where another site sent the browser",
                for: .browser, parameters: [.query("redirect", .text)],
                refusals: [.parameter, .loginNotPossible]),
            .page(
                "content/{guid}/log-in", "What to log in to before a content opens", for: .browser,
                parameters: [.query("to", .text.described("Where it leads in the end: a path of the content."))],
                refusals: [.permissionDenied, .parameter, .accountUnavailable]),
        ]
    )
}
