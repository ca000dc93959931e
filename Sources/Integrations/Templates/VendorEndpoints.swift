import Accounts
import HTTPClient
import JSON

/// Endpoints on hosts of the vendor's own, as paths; `{name}` in a path stands for another setting's value.
struct VendorEndpoints: Sendable {
    /// Hosts that stand where none is typed.
    struct Standard: Sendable {
        /// Where browsers are sent.
        let authorization: String
        /// Where codes and tokens go.
        let token: String
        /// Under which options; nil: always.
        var when: Visibility?
    }

    /// An issuer below the authorization host.
    struct Issuer: Sendable {
        let path: String
        /// A setting that must have this form, or the issuer is not known.
        var onlyWhere: (setting: String, fits: Setting.Pattern)?
    }

    /// What a config makes of it.
    struct Addresses: Sendable {
        let authorization: String
        let token: OutboundURL
        let revocation: OutboundURL?
        let issuer: String?
    }

    /// The setting that holds the host.
    let setting: String
    let rule: HostRule
    /// Empty: a host must be typed.
    var standard: [Standard] = []
    let authorization: String
    let token: String
    var revocation: String?
    var issuer: Issuer?

    /// The addresses for a complete config.
    ///
    /// - Throws: `Refusal` 228 where the host is not usable.
    func addresses(_ config: JSONObject, policy: OutboundPolicy) throws(Refusal) -> Addresses {
        let typed = config[setting]?.stringValue ?? ""
        let (front, back): (String, String)
        if typed.isEmpty, let hosts = standard.first(where: { $0.when?.holds(in: config) ?? true }) {
            (front, back) = ("https://\(hosts.authorization)", "https://\(hosts.token)")
        } else {
            let host = try rule.address(of: typed, policy: policy).origin
            (front, back) = (host, host)
        }
        func address(_ path: String) throws(Refusal) -> OutboundURL {
            try .usable(back + config.filled(path), field: setting, policy: policy)
        }
        var named: String?
        if let issuer, issuer.onlyWhere.map({ $0.fits.matches(config[$0.setting]?.stringValue ?? "") }) ?? true {
            named = front + config.filled(issuer.path)
        }
        return Addresses(
            authorization: front + config.filled(authorization), token: try address(token),
            revocation: try revocation.map(address), issuer: named
        )
    }
}

extension JSONObject {
    /// A text in which `{name}` became the value of that member.
    func filled(_ text: String) -> String {
        var filled = text
        for (name, value) in self {
            guard filled.contains("{") else { break }
            filled.replace("{\(name)}", with: value.stringValue ?? "")
        }
        return filled
    }
}

extension OutboundURL {
    /// An address that a config names; a refusal tells the field.
    static func usable(_ text: String, field: String, policy: OutboundPolicy) throws(Refusal) -> OutboundURL {
        do throws(OutboundURLError) { return try OutboundURL(parsing: text, policy: policy) } catch {
            let sentence =
                text.isEmpty
                ? "is missing: give it, or the issuer whose metadata names it." : "is not usable: \(error.description)"
            throw .invalid(field, "\(field) \(sentence)", code: .templateConfig)
        }
    }
}
