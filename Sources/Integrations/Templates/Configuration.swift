import Accounts
import Cryptography
import HTTPClient
import JSON

/// A config that was checked: what is kept in plain form, and the secret that came with it.
struct CheckedConfig: Sendable {
    var values: JSONObject
    var secret: SecretString?
}

extension Template {
    private static let maximumLength = 2048

    /// Checks what was sent, key by key, and brings it into its one form. Keys that were not sent are not added.
    ///
    /// - Throws: `Refusal` 228 (203 and 205 for the client's id and secret) naming the field.
    func check(_ sent: JSONObject, policy: OutboundPolicy) throws(Refusal) -> CheckedConfig {
        var checked = CheckedConfig(values: [:], secret: nil)
        for (key, value) in sent {
            guard let setting = setting(key) else {
                let known = settings.filter { !$0.isDerived }.map(\.name).joined(separator: ", ")
                throw .invalid(
                    key, "There is no config key \(key.prefix(64)) for \(self.name): the keys are \(known).",
                    code: .templateConfig
                )
            }
            guard checked.values[setting.name] == nil else {
                throw .invalid(setting.name, "\(setting.name) was given twice, as \(key) too.", code: .templateConfig)
            }
            if setting.isDerived { continue }
            if setting.isSecret {
                checked.secret = try Self.secret(value)
            } else {
                checked.values[setting.name] = value.isNull ? .null : try setting.checked(value, policy: policy)
            }
        }
        return checked
    }

    private static func secret(_ value: JSON) throws(Refusal) -> SecretString? {
        if value.isNull { return nil }
        guard let text = value.stringValue, (1...maximumLength).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else {
            throw .invalid(
                "client_secret", "client_secret must be 1 to \(maximumLength) printable ASCII characters.",
                code: .clientSecret
            )
        }
        return SecretString(text)
    }

    /// Fills in the defaults, for what reads a config.
    func complete(_ values: JSONObject) -> JSONObject {
        var complete = values
        for setting in settings where complete[setting.name] == nil {
            if let value = setting.defaultValue { complete[setting.name] = value }
        }
        return complete
    }

    /// Checks that nothing is missing.
    func requireAll(in values: JSONObject) throws(Refusal) {
        for setting in settings where setting.isRequired && (values[setting.name]?.stringValue ?? "").isEmpty {
            let code: ErrorCode = if case .clientID = setting.form { .clientID } else { .templateConfig }
            throw .invalid(setting.name, "\(setting.name) is missing: \(setting.description)", code: code)
        }
    }
}

extension Setting {
    /// The value in its one form.
    fileprivate func checked(_ value: JSON, policy: OutboundPolicy) throws(Refusal) -> JSON {
        switch form {
        case .flag:
            if let flag = value.boolValue { return .bool(flag) }
            guard let text = value.stringValue, let flag = Bool(text) else { throw wrong("must be true or false.") }
            return .bool(flag)
        case .choice(let choices):
            guard let text = value.stringValue, choices.contains(text) else {
                throw wrong("must be one of \(choices.joined(separator: ", ")).")
            }
            return .string(text)
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
            guard let text = value.stringValue?.trimmed, text.utf8.count <= 2048 else {
                throw wrong("must be an https address of 2048 characters at most.")
            }
            do throws(OutboundURLError) { _ = try OutboundURL(parsing: text, policy: policy) } catch {
                throw wrong("is not usable: \(error.description)")
            }
            return .string(text)
        case .scopes(let rule):
            guard let text = value.stringValue, text.utf8.count <= 2048,
                text.utf8.allSatisfy({
                    (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
                })
            else { throw wrong("must be scopes separated by spaces (RFC 6749, section 3.3), 2048 characters at most.") }
            let scopes = text.split(separator: " ").map(String.init)
            if let sentence = rule(scopes) { throw wrong("is not usable: \(sentence)") }
            return .string(scopes.joined(separator: " "))
        case .line, .secret, .derived:
            guard let text = value.stringValue else { throw wrong("must be a text.") }
            return .string(try TextRules.line(text, field: name, code: .templateConfig))
        }
    }

    private func wrong(_ sentence: String, code: ErrorCode = .templateConfig) -> Refusal {
        .invalid(name, "\(name) \(sentence)", code: code)
    }
}
