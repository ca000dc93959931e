import Accounts

/// Yes or no in a query, in the words that the different clients have for it.
enum QueryFlag {
    private static let yes = ["true", "True", "TRUE", "1"]
    private static let no = ["false", "False", "FALSE", "0"]
    /// Everything that is understood; nothing at all is as good as a parameter that is not there.
    static let words = yes + no + [""]

    /// - Returns: nil where the parameter is not there.
    static func read(_ name: String, in query: [String: String]) throws(Refusal) -> Bool? {
        guard let text = query[name], !text.isEmpty else { return nil }
        guard words.contains(text) else { throw .invalid(name, "\(name) must be true or false.") }
        return yes.contains(text)
    }
}
