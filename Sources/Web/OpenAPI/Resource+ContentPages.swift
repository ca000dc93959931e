import Accounts
import Storage

extension Resource {
    static let contentPages = Resource(
        "pages: content", "For publishers with a browser, and for whoever opens their content.",
        [
            .page(
                "content", "The content that one may open or change", for: .browser,
                parameters: [.query("q", .line), .query("page", .pageNumber)], refusals: [.parameter]),
            .page("content/new", "Create content: the form", for: .publishersBrowser),
            .form(
                "content/new", "Create content", for: .publishersBrowser,
                fields: [
                    "title": .text, "name": .text, "description": .text, "access_type": .text, "upstream_url": .text,
                ], refusals: [.unknownAccessType]),
            .page("content/{guid}", "A content", for: .browser),
            .page("content/{guid}/settings", "A content's settings: the form", for: .publishersBrowser),
            .form(
                "content/{guid}/settings", "Change a content's settings", for: .publishersBrowser,
                fields: ["title": .text, "name": .text, "description": .text, "upstream_url": .text]),
            .page(
                "content/{guid}/owner", "Give a content away: the form", for: .publishersBrowser,
                parameters: [.query("q", .line)], refusals: [.parameter]),
            .form(
                "content/{guid}/owner", "Give a content to another publisher", for: .publishersBrowser,
                fields: ["owner_guid": .text, "q": .text]),
            .page("content/{guid}/delete", "What would go with a content", for: .publishersBrowser),
            .form("content/{guid}/delete", "Delete a content", for: .publishersBrowser),
            .page(
                "content/{guid}/viewers", "Who may view a content", for: .publishersBrowser,
                parameters: [.query("q", .line), .query("page", .pageNumber)], refusals: [.parameter]),
            .form(
                "content/{guid}/viewers", "Choose who may view a content", for: .publishersBrowser,
                fields: ["access_type": .text], refusals: [.unknownAccessType, .accessTypeNotAllowed]),
            .form(
                "content/{guid}/viewers/add", "Put somebody on the list", for: .publishersBrowser,
                fields: ["principal": .text, "role": .text, "q": .text]),
            .form(
                "content/{guid}/viewers/remove", "Take somebody off the list", for: .publishersBrowser,
                fields: ["id": .text]),
            .page(
                "content/{guid}/access", "The data sources of a content", for: .publishersBrowser,
                parameters: [.query("q", .line), .query("page", .pageNumber)], refusals: [.parameter]),
            .form(
                "content/{guid}/access", "Attach data sources: fields use-GUID", for: .publishersBrowser,
                fields: ["q": .text],
                refusals: [.association, .integrationGUID, .permissionDenied, .prohibitedChange]),
            .form(
                "content/{guid}/access/remove", "Remove a data source", for: .publishersBrowser,
                fields: ["integration": .text], refusals: [.association, .integrationGUID, .prohibitedChange]),
            .page(
                "content/{guid}/environment", "The environment variables of a content", for: .publishersBrowser,
                parameters: [.query("name", .text), .query("page", .pageNumber)], refusals: [.parameter]),
            .form(
                "content/{guid}/environment", "Set a variable", for: .publishersBrowser,
                fields: ["name": .text, "value": .text]),
            .form(
                "content/{guid}/environment/remove", "Remove a variable", for: .publishersBrowser,
                fields: ["name": .text]),
            .page(
                "content/{guid}/code", "The code to paste", for: .publishersBrowser,
                parameters: [.query("app", .word(of: CodeApp.all.map(\.key)))], refusals: [.parameter]),
        ]
    )
}

extension Schema {
    /// The number of a page of a list; nothing is the first.
    fileprivate static let pageNumber = text(pattern: "|[1-9][0-9]{0,5}")
}
