import Accounts
import Hummingbird
import HummingbirdCore
import JSON
import Storage

/// The pages of long lists of people: `page_number`, `page_size` in, `results`, `current_page`, `total` out.
enum Paging {
    static let sizes = 1...500
    private static let usualPage = 20
    static let numbers = 1...1_000_000

    static func request(_ query: [String: String]) throws(Refusal) -> PageRequest {
        PageRequest(
            number: try number(query["page_number"], "page_number", numbers) ?? 1,
            size: try number(query["page_size"], "page_size", sizes) ?? usualPage
        )
    }

    /// - Parameter extra: what the answer has beside the page.
    static func answer<Element>(
        _ page: RecordPage<Element>, _ request: PageRequest, extra: JSONObject = [:], _ element: (Element) -> JSON
    ) -> Response {
        let answer: JSONObject = [
            "results": .array(page.elements.map(element)), "current_page": .integer(Int64(request.number)),
            "total": .integer(Int64(page.total)),
        ]
        return Response.json(.object(answer.merging(extra)))
    }

    private static func number(_ text: String?, _ name: String, _ range: ClosedRange<Int>) throws(Refusal) -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .invalid(name, "\(name) must be a number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }
}
