import Accounts

/// Reads the text of elements from the answers of AWS' query protocol: small documents without attributes of interest,
/// in which a name occurs once within its parent.
///
/// It is no parser of XML and need not be one: what it does not recognise is not there, and then there are no
/// credentials. It expands no entities but the five that XML itself has, so nothing in an answer can make it large.
struct FlatXML {
    private let text: String

    init(_ bytes: [UInt8]) { text = String(decoding: bytes, as: UTF8.self) }

    /// The text of an element inside a parent.
    func text(of name: String, within parent: String) -> String? {
        guard let outer = Self.content(of: parent, in: text[...]), let inner = Self.content(of: name, in: outer),
            !inner.contains("<")
        else { return nil }
        return Self.unescaped(inner)
    }

    private static func content(of name: String, in text: Substring) -> Substring? {
        guard let start = text.firstRange(of: "<\(name)>"),
            let end = text[start.upperBound...].firstRange(of: "</\(name)>")
        else { return nil }
        return text[start.upperBound..<end.lowerBound]
    }

    private static func unescaped(_ text: Substring) -> String {
        let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
        return entities.reduce(String(text)) { $0.replacing($1.0, with: $1.1) }.trimmed
    }
}
