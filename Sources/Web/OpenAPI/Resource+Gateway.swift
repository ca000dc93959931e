import Accounts

extension Resource {
    static let gateway = Resource(
        "gateway", "What a reverse proxy in front of content asks, and the way of a sign-in to the content's origin.",
        [
            Operation(
                .get, "/v1/gateway/authorize", "Whether a browser may open content (auth_request, ForwardAuth)",
                for: .anyone,
                parameters: [.header("X-Original-URI", .text), .header("X-Forwarded-Uri", .text)],
                answers: Answer(
                    status: 200, description: "It may.",
                    headers: [
                        .init(name: "X-Gatehouse-Upstream", schema: .address, description: "Where the content runs."),
                        .init(
                            name: "Posit-Connect-User-Session-Token", schema: .text,
                            description: "What the content gets.", isRequired: false),
                    ]),
                refusals: [
                    .authenticationRequired, .permissionDenied, .objectDoesNotExist, .accountUnavailable, .parameter,
                    .upstreamLoop, .addressTooLong,
                ]),
            Operation(
                .get, "/gateway/sign-in", "Carry a sign-in over to the content's origin", for: .browser,
                parameters: [
                    .query("to", .text, isRequired: true), .query("binding", .text, isRequired: true),
                ],
                answers: .redirect(302, "To the content's origin, with a ticket."), .toSignIn,
                refusals: [.objectDoesNotExist, .permissionDenied]),
            Operation(
                .get, "/content/{guid}/__gatehouse__/ticket", "Turn a ticket into a cookie of the content's origin",
                for: .anyone,
                parameters: [.query("ticket", .text, isRequired: true), .query("to", .text, isRequired: true)],
                answers: .redirect(302, "To the content."), refusals: [.loginNotPossible]),
            Operation(
                .get, "/content/{guid}", "Where content is", for: .anyone,
                answers: .redirect(302, "To the content's origin."), refusals: [.addressTooLong]),
            Operation(
                .get, "/content/{guid}/**", "Where content is", for: .anyone,
                answers: .redirect(302, "To the content's origin."), refusals: [.addressTooLong]),
        ]
    )
}
