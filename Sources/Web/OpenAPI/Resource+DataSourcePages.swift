import Accounts

extension Resource {
    static let dataSourcePages = Resource(
        "pages: data sources", "For administrators with a browser.",
        [
            .page(
                "integrations", "The data sources, by name", for: .administratorsBrowser,
                parameters: [.query("q", .text), .query("page", .integer(from: 1))], refusals: [.parameter]),
            .page(
                "integrations/new", "Add a data source: the form", for: .administratorsBrowser,
                parameters: [.query("template", .text)]),
            .form(
                "integrations/new", "Add a data source", for: .administratorsBrowser,
                fields: ["template": .template, "name": .text], shows: "The fields for the choices, with `update`.",
                refusals: config + [.unknownTemplate]),
            .page(
                "integrations/{guid}", "A data source", for: .administratorsBrowser,
                parameters: [.query("page", .integer(from: 1))], refusals: [.parameter]),
            .page("integrations/{guid}/edit", "Change a data source: the form", for: .administratorsBrowser),
            .form(
                "integrations/{guid}/edit", "Change a data source", for: .administratorsBrowser,
                fields: ["version": .text, "name": .text, "description": .text],
                shows: "The fields for the choices, with `update`.", refusals: config + [.prohibitedChange]),
            .page(
                "integrations/{guid}/test", "Test a data source, or what a test came to", for: .administratorsBrowser,
                parameters: [.query(DataSourceReport.parameter, .text)]),
            .form(
                "integrations/{guid}/test", "Ask the provider for credentials", for: .administratorsBrowser,
                shows: "What came back.",
                refusals: [.verifyNotPossible, .serviceAccountFailed, .awsFailed, .templateConfig]),
            Operation(
                .get, "/accounts/{account}/integrations/{guid}/test/log-in", "Log in, to see what comes back",
                for: .administratorsBrowser, answers: .redirect(302, "To the provider."), .toSignIn,
                refusals: [.loginNotPossible, .templateConfig]),
            .page(
                "integrations/{guid}/permissions", "Who may attach a data source", for: .administratorsBrowser,
                parameters: [.query("q", .text)], refusals: [.parameter]),
            .form(
                "integrations/{guid}/permissions", "Change who may attach a data source", for: .administratorsBrowser,
                fields: ["add": .text, "remove": .text, "everybody": .text], refusals: [.prohibitedChange]),
            .page("integrations/{guid}/delete", "Delete a data source: what it ends", for: .administratorsBrowser),
            .form(
                "integrations/{guid}/delete", "Delete a data source", for: .administratorsBrowser,
                fields: ["confirm": .text]),
        ]
    )

    private static let config: [ErrorCode] = [
        .integrationName, .integrationDescription, .templateConfig, .clientID, .clientSecret, .duplicates,
    ]
}
