/// The forms of what people type, each with its sentence.
public enum TextRules {
    /// The longest name of anything.
    public static let lineLength = 255
    /// The longest title.
    public static let titleLength = 1024
    /// The longest description.
    public static let paragraphLength = 4096
    /// The longest email address (RFC 5321, section 4.5.3.1), and username.
    public static let emailLength = 254

    /// One line for people: no control characters, no more than so many Unicode scalars, trimmed.
    public static func line(
        _ text: String, field: String, maximum: Int = lineLength, minimum: Int = 0, code: ErrorCode = .parameter
    ) throws(Refusal) -> String {
        // Judged as it was sent, before it is trimmed: so the rule can be told to programs as a pattern.
        guard text.unicodeScalars.count <= maximum else {
            throw .invalid(field, "\(field) is too long: \(maximum) characters at most.", code: code)
        }
        guard !text.unicodeScalars.contains(where: \.isDisturbing) else {
            throw .invalid(field, "\(field) must be one line without control characters.", code: code)
        }
        let trimmed = text.trimmed
        guard trimmed.unicodeScalars.count >= minimum else {
            throw .invalid(field, "\(field) must not be empty.", code: code)
        }
        return trimmed
    }

    /// Several lines for people.
    public static func paragraph(
        _ text: String, field: String, maximum: Int = paragraphLength, code: ErrorCode = .parameter
    ) throws(Refusal) -> String {
        guard text.unicodeScalars.count <= maximum else {
            throw .invalid(field, "\(field) is too long: \(maximum) characters at most.", code: code)
        }
        let allowed: Set<Unicode.Scalar> = ["\n", "\r", "\t"]
        guard !text.unicodeScalars.contains(where: { $0.isDisturbing && !allowed.contains($0) }) else {
            throw .invalid(field, "\(field) must not have control characters.", code: code)
        }
        return text
    }

    /// An email address: one `@` with something before it and a host's name behind it, no spaces; whether it exists shows
    /// when it is used.
    public static func email(_ text: String) throws(Refusal) -> String {
        let email = try line(text, field: "email", maximum: emailLength, minimum: 3)
        let parts = email.split(separator: "@", omittingEmptySubsequences: false)
        let labels = parts.last?.split(separator: ".", omittingEmptySubsequences: false) ?? []
        let isPlain = email.unicodeScalars.allSatisfy {
            $0.isASCII && $0 != " " && $0 != "\"" && $0 != "<" && $0 != ">"
        }
        guard parts.count == 2, !parts[0].isEmpty, labels.count >= 2, labels.allSatisfy({ !$0.isEmpty }), isPlain else {
            throw .invalid("email", "email must be an address such as name@example.com.")
        }
        return email
    }

    /// A username: visible ASCII, so that case is no question of language; an email address is one too.
    public static func username(_ text: String) throws(Refusal) -> String {
        let username = try line(text, field: "username", maximum: emailLength, minimum: 1)
        let isPlain = username.unicodeScalars.allSatisfy {
            $0.isASCII && $0 != " " && $0 != "\"" && $0 != "<" && $0 != ">"
        }
        guard isPlain else {
            throw .invalid("username", "username must have plain letters, digits and signs such as . _ - @ alone.")
        }
        return username
    }

    /// A content's name, as Connect has it.
    public static func contentName(_ text: String) throws(Refusal) -> String {
        let isName = text.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
        guard (3...64).contains(text.utf8.count), isName else {
            throw .invalid("name", "name must have 3 to 64 letters, digits, hyphens or underscores.")
        }
        return text
    }
}

extension String {
    /// Without white space at both ends.
    public var trimmed: String {
        // By scalars: a space with an accent on it would otherwise count as white.
        guard let start = unicodeScalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let end = unicodeScalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(unicodeScalars[start...end])
    }
}

extension Unicode.Scalar {
    /// Control characters, and those that turn the direction of the text around them.
    fileprivate var isDisturbing: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
        }
    }
}
