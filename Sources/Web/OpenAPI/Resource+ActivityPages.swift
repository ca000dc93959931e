import Accounts
import Integrations

extension Resource {
    static let activityPages = Resource(
        "pages: activity", "For administrators with a browser.",
        [
            .page(
                "activity", "How often what happened with the data sources", for: .administratorsBrowser,
                parameters: [
                    .query("period", .word(of: ActivityWindow.allCases.map(\.rawValue))), .query("data_source", .text),
                    .query("q", .text), .query("page", .text),
                ], refusals: [.parameter])
        ]
    )
}
