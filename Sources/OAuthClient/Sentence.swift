/// Text from a provider made fit to be shown to a person and written to a log.
public enum Sentence {
    /// As long as a provider's explanation may be, in characters.
    static let limit = 300

    /// Without control and format characters (line breaks and bidirectional overrides among them), runs of space
    /// made one, cut at the limit.
    static func bounded(_ text: String, limit: Int = limit) -> String {
        var words = ""
        var isSpacePending = false
        // A scalar is at most one character, and combining marks must not make the loop unbounded.
        for scalar in text.unicodeScalars.prefix(limit * 4) {
            switch scalar.properties.generalCategory {
            case .control, .spaceSeparator, .lineSeparator, .paragraphSeparator:
                isSpacePending = !words.isEmpty
            case .format, .surrogate, .privateUse, .unassigned:
                continue
            default:
                if isSpacePending { words += " " }
                isSpacePending = false
                words.unicodeScalars.append(scalar)
            }
        }
        return words.count <= limit ? words : words.prefix(limit - 1) + "…"
    }

    /// A provider's explanation without what we sent, bounded.
    ///
    /// Secrets go first, while their text is whole, and once more, should cleaning have put one together again.
    public static func harmless(_ text: String, secrets: [String]) -> String {
        // An error page of a megabyte need not be searched in full; no secret of ours is longer than the slack.
        let beginning = String(text.prefix(limit * 4 + TokenAnswer.maximumTokenBytes))
        return removing(secrets, from: bounded(removing(secrets, from: beginning)))
    }

    /// The visible ASCII of a code such as `invalid_grant`.
    static func visibleASCII(_ text: String, limit: Int) -> String {
        String(decoding: text.utf8.lazy.filter { (0x21...0x7e).contains($0) }.prefix(limit), as: UTF8.self)
    }

    /// The text with every secret taken out, also where the provider echoes it encoded.
    static func removing(_ secrets: [String], from text: String) -> String {
        var text = text
        // A short secret would tear harmless words apart; nothing that short protects anything.
        for secret in secrets where secret.utf8.count >= 6 {
            for form in Set([secret, FormEncoding.encode(secret), FormEncoding.encodeQuery(secret)]) {
                text = text.replacing(form, with: "[redacted]")
            }
        }
        return text
    }
}
