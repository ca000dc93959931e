import Accounts

extension Resource {
    static let dataSourcePages = Resource(
        "pages: data sources", "For administrators with a browser.",
        [
            .page(
                "integrations/new", "Add a data source: the form", for: .administratorsBrowser,
                parameters: [.query("template", .text)]),
            .form(
                "integrations/new", "Add a data source", for: .administratorsBrowser,
                fields: ["template": .template, "name": .text],
                refusals: [
                    .unknownTemplate, .integrationName, .integrationDescription, .templateConfig, .clientID,
                    .clientSecret, .duplicates,
                ]),
            .page("integrations/{guid}", "A data source", for: .administratorsBrowser),
        ]
    )
}
