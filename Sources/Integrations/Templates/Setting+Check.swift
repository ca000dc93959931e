import Accounts
import HTTPClient
import JSON

extension Setting {
    private static let maximumLength = 2048

    /// The value in its one form. An optional field that was emptied is null: it goes away.
    ///
    /// - Throws: `Refusal` 228 (203 for the client's id) naming the setting.
    func checked(_ value: JSON, policy: OutboundPolicy) throws(Refusal) -> JSON {
        if value.isNull || (value.stringValue?.trimmed == "" && mayBeEmptied) { return .null }
        switch form {
        case .flag:
            if let flag = value.boolValue { return .bool(flag) }
            guard let text = value.stringValue, let flag = Bool(text) else { throw wrong("must be true or false.") }
            return .bool(flag)
        case .choice:
            return .string(try choice(value))
        case .number(let range):
            let number = value.integerValue ?? value.stringValue.flatMap { Int64($0.trimmed) }
            guard let number, range.contains(number) else {
                throw wrong("must be a whole number from \(range.lowerBound) to \(range.upperBound).")
            }
            return .string(String(number))
        case .clientID:
            guard let text = value.stringValue?.trimmed, (1...255).contains(text.utf8.count),
                text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
            else { throw wrong("must be 1 to 255 printable ASCII characters without spaces.", code: .clientID) }
            return .string(text)
        case .host(let rule):
            guard let text = value.stringValue else { throw wrong("must be a text.") }
            _ = try rule.address(of: text, policy: policy)
            return .string(try rule.tidied(text))
        case .address:
            guard let text = value.stringValue?.trimmed, text.utf8.count <= Self.maximumLength else {
                throw wrong("must be an https address of \(Self.maximumLength) characters at most.")
            }
            do throws(OutboundURLError) { _ = try OutboundURL(parsing: text, policy: policy) } catch {
                throw wrong("is not usable: \(error.description)")
            }
            return .string(text)
        case .scopes(let rules):
            return .string(try scopes(value, rules))
        case .line, .secret, .derived:
            guard let text = value.stringValue else { throw wrong("must be a text.") }
            let line = try TextRules.line(text, field: name, maximum: 1024, code: .templateConfig)
            if let validation, !validation.matches(line) { throw wrong("must be \(validation.description).") }
            return .string(line)
        }
    }

    private var mayBeEmptied: Bool {
        switch form {
        case .line, .address, .host: !isRequired
        default: false
        }
    }

    /// The sentence is Connect's, to the letter: its clients compare it.
    private func choice(_ value: JSON) throws(Refusal) -> String {
        guard case .choice(let choices) = form, let text = value.stringValue, choices.contains(text) else {
            throw choiceRefusal
        }
        return text
    }

    /// What is said where none of the choices was made.
    var choiceRefusal: Refusal {
        guard case .choice(let choices) = form else { return wrong("is missing.") }
        return .invalid(
            name, "The config key \(name) must be one of (\(choices.joined(separator: ", ")))", code: .templateConfig)
    }

    private func scopes(_ value: JSON, _ rules: [ScopeRule]) throws(Refusal) -> String {
        guard let text = value.stringValue, text.utf8.count <= Self.maximumLength,
            text.utf8.allSatisfy({
                (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            })
        else {
            throw wrong(
                "must be scopes separated by spaces (RFC 6749, section 3.3), \(Self.maximumLength) characters at most.")
        }
        let scopes = text.split(separator: " ").map(String.init)
        for rule in rules {
            if let objection = rule.objection(to: scopes) { throw wrong("is not usable: \(objection)") }
        }
        return scopes.joined(separator: " ")
    }

    private func wrong(_ sentence: String, code: ErrorCode = .templateConfig) -> Refusal {
        .invalid(name, "\(name) \(sentence)", code: code)
    }
}
