import Accounts

extension Resource {
    static let viewerPages = Resource(
        "pages: viewers", "For everybody with a browser.",
        [
            .page(
                "content/{guid}/log-in", "What to log in to before a content opens", for: .browser,
                parameters: [.query("to", .text.described("Where it leads in the end: a path of the content."))],
                refusals: [.permissionDenied, .parameter, .accountUnavailable])
        ]
    )
}
