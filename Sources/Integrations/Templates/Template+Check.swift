import Accounts
import Cryptography
import HTTPClient
public import JSON

/// A config that was checked: what is kept in plain form, and the secrets that came with it.
struct CheckedConfig: Sendable {
    var values: JSONObject = [:]
    var secrets: [String: SecretString] = [:]
}

extension Template {
    /// Checks what was sent, key by key, and brings it into its one form. Keys that were not sent are not added.
    ///
    /// - Throws: `Refusal` 228 (203 and 205 for the client's id and secret) naming the field.
    func check(_ sent: JSONObject, policy: OutboundPolicy) throws(Refusal) -> CheckedConfig {
        var checked = CheckedConfig()
        var seen: Set<String> = []
        for (key, value) in sent {
            guard let setting = setting(key) else {
                let known = settings.filter(\.isListed).map(\.name).joined(separator: ", ")
                throw .invalid(
                    String(key.prefix(64)),
                    "There is no config key \(key.prefix(64)) for \(self.name): the keys are \(known).",
                    code: .templateConfig
                )
            }
            guard seen.insert(setting.name).inserted else {
                throw .invalid(setting.name, "\(setting.name) was given twice, as \(key) too.", code: .templateConfig)
            }
            if setting.isDerived { continue }
            if case .secret(let form) = setting.form {
                if !value.isNull { checked.secrets[setting.name] = try form.checked(value, name: setting.name) }
            } else {
                checked.values[setting.name] = try setting.checked(value, policy: policy)
            }
        }
        return checked
    }

    /// Fills in the defaults, for what reads a config.
    func complete(_ values: JSONObject) -> JSONObject {
        var complete = values
        let missing = settings.filter { values[$0.name] == nil }
        for setting in missing where setting.otherDefaults.isEmpty {
            if let value = setting.defaultValue { complete[setting.name] = value }
        }
        // Those that depend on others come last.
        for setting in missing where !setting.otherDefaults.isEmpty {
            let other = setting.otherDefaults.first { $0.when.holds(in: complete) }
            complete[setting.name] = other.map { .string(complete.filled($0.value)) } ?? setting.defaultValue
        }
        return complete
    }

    /// A config without what does not exist under the options chosen.
    ///
    /// What was stored before simply goes; what is given now is refused, unless it says nothing new: the default, or the
    /// value that was there, which a client sends back.
    func settled(_ merged: JSONObject, given: CheckedConfig, before: JSONObject) throws(Refusal) -> JSONObject {
        let options = complete(merged)
        var settled = merged
        for setting in settings where !setting.isVisible(in: options) {
            guard given.secrets[setting.name] == nil else { throw misplaced(setting) }
            if let value = given.values[setting.name], !value.isNull {
                guard value == setting.defaultValue || value == before[setting.name] else { throw misplaced(setting) }
            }
            settled[setting.name] = nil
        }
        return settled
    }

    private func misplaced(_ setting: Setting) -> Refusal {
        let place = setting.visibility?.sentence ?? ""
        return .invalid(
            setting.name, "\(setting.name) is only for integrations whose \(place): leave it out, or choose that.",
            code: .templateConfig
        )
    }

    /// Checks that nothing is missing.
    func requireAll(in values: JSONObject) throws(Refusal) {
        let config = complete(values)
        for setting in settings where setting.isRequired && !setting.isSecret && setting.isVisible(in: config) {
            guard (config[setting.name]?.stringValue ?? "").isEmpty else { continue }
            if case .choice = setting.form { throw setting.choiceRefusal }
            let code: ErrorCode = if case .clientID = setting.form { .clientID } else { .templateConfig }
            throw .invalid(setting.name, "\(setting.name) is missing: \(setting.description)", code: code)
        }
    }

    /// The one secret by which an integration proves who it is under the options of a complete config; nil: it has none.
    func effectiveSecret(in config: JSONObject) -> Setting? {
        settings.first { $0.isSecret && $0.isVisible(in: config) }
    }

    /// What the secret of an integration is called; nil where it has none.
    public func secretName(_ config: JSONObject) -> String? { effectiveSecret(in: complete(config))?.name }
}
