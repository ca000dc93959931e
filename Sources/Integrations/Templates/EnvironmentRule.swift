import HTTPClient
import JSON

/// A variable that content gets, from the config.
struct EnvironmentRule: Sendable {
    /// Where the value comes from.
    enum Source: Sendable {
        /// The text of a setting.
        case text(String)
        /// The address of a setting's host, with its scheme.
        case origin(String)
        /// A setting's host without the vendor's domain.
        case label(String)
    }

    let name: String
    let source: Source

    init(_ name: String, _ source: Source) {
        self.name = name
        self.source = source
    }

    /// The value; nil where the setting has none.
    func value(_ template: Template, _ config: JSONObject, policy: OutboundPolicy) -> String? {
        let setting =
            switch source {
            case .text(let name), .origin(let name), .label(let name): name
            }
        guard let text = config[setting]?.stringValue, !text.isEmpty else { return nil }
        if case .text = source { return text }
        guard case .host(let rule)? = template.setting(setting)?.form,
            let host = try? rule.address(of: text, policy: policy)
        else { return nil }
        guard case .label = source else { return host.origin }
        for suffix in rule.suffixes where host.host.hasSuffix(suffix) {
            return String(host.host.dropLast(suffix.count))
        }
        return host.host
    }
}
