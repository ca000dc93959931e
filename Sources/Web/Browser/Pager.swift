import Accounts
import OAuthClient
import Storage

/// A long list, page by page: `?page=2`.
struct Pager {
    /// Few enough for a phone.
    static let size = 20
    static let numbers = 1...1_000_000

    let number: Int
    private let size: Int

    /// - Parameter size: how many rows a page has; fewer where a row holds much.
    /// - Throws: `Refusal` where the number is none.
    init(_ query: [String: String], size: Int = Pager.size) throws(Refusal) {
        self.size = size
        guard let text = query["page"], !text.isEmpty else {
            number = 1
            return
        }
        guard let number = Int(text), Self.numbers.contains(number) else {
            throw .invalid("page", "page must be a number from 1 to \(Self.numbers.upperBound).")
        }
        self.number = number
    }

    var request: PageRequest { PageRequest(number: number, size: size) }

    /// The values of `{{> pager}}`.
    ///
    /// - Parameters:
    ///   - path: the list's own address.
    ///   - query: what else it is asked with, and goes along.
    func values(total: Int, at path: String, _ query: [String: String] = [:]) -> [String: PageValue] {
        let last = max(1, (total + size - 1) / size)
        let kept = query.filter { $0.key != "page" && $0.key != Notice.parameter && !$0.value.isEmpty }
            .sorted { $0.key < $1.key }.map { "\($0.key)=\(FormEncoding.encode($0.value))&" }.joined()
        func link(_ number: Int, _ isThere: Bool) -> PageValue {
            isThere ? .text("\(path)?\(kept)page=\(number)") : .text("")
        }
        return [
            "pager": last == 1 && number == 1
                ? .flag(false)
                : .object([
                    "previous": link(min(number - 1, last), number > 1), "next": link(number + 1, number < last),
                    "words": .text("Page \(number) of \(last)"),
                ]),
            "total": .number(total),
        ]
    }
}
