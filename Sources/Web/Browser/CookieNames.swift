import Accounts
import Cryptography
import HTTPTypes
import Integrations
import Storage

/// The cookies, in the safest form that the addresses allow: `__Host-` on https, plain names on plain-HTTP loopback.
///
/// Every account has its own, so that somebody can be signed in to two at once.
struct CookieNames: Sendable {
    let isSecure: Bool
    let isContentSecure: Bool
    /// Whether each content has a host of its own, whose cookies then need no path to keep them apart.
    var isContentAlone = false

    func session(_ tenant: TenantFingerprint) -> String { host("gatehouse-\(tenant)") }
    func login(_ suffix: String) -> String { host("gatehouse-login-\(suffix)") }
    func signIn(_ suffix: String) -> String { host("gatehouse-sign-in-\(suffix)") }
    var form: String { host("gatehouse-form") }
    func content(_ guid: GUID) -> String { atContent("gatehouse-content-\(guid)") }
    func nonce(_ guid: GUID) -> String { atContent("gatehouse-nonce-\(guid)") }

    private func host(_ name: String) -> String { isSecure ? "__Host-" + name : name }
    /// A content on a host below the same domain can set cookies for all of them, but none that begin with `__Host-`.
    private func atContent(_ name: String) -> String {
        isContentSecure ? (isContentAlone ? "__Host-" : "__Secure-") + name : name
    }

    /// Content is at `/` of a host of its own. `__Host-` is for cookies of a whole host alone.
    private func path(of content: GUID) -> String { isContentAlone ? "/" : PublicAddress.contentPrefix(of: content) }

    /// A cookie for the pages' origin. `Lax`: it must come along when a provider sends the browser back.
    func set(_ name: String, _ value: SecretString, lifetime: Duration) -> String {
        Self.header(name, value.reveal(), path: "/", lifetime: lifetime, isSecure: isSecure)
    }

    /// Takes a cookie of the pages' origin away.
    func clear(_ name: String) -> String { Self.header(name, "", path: "/", lifetime: .zero, isSecure: isSecure) }

    /// A cookie for one content alone.
    func setAtContent(_ name: String, _ value: SecretString, content: GUID, lifetime: Duration) -> String {
        Self.header(name, value.reveal(), path: path(of: content), lifetime: lifetime, isSecure: isContentSecure)
    }

    func clearAtContent(_ name: String, content: GUID) -> String {
        Self.header(name, "", path: path(of: content), lifetime: .zero, isSecure: isContentSecure)
    }

    private static func header(_ name: String, _ value: String, path: String, lifetime: Duration, isSecure: Bool)
        -> String
    {
        "\(name)=\(value); Path=\(path); Max-Age=\(lifetime.components.seconds); HttpOnly; SameSite=Lax"
            + (isSecure ? "; Secure" : "")
    }
}

extension HTTPFields {
    /// The value of a cookie. One that is there twice is not believed: somebody else may have planted the other.
    func cookie(_ name: String) -> SecretString? {
        let pairs = self[values: .cookie].flatMap { $0.split(separator: ";") }
        let values = pairs.compactMap { pair -> Substring? in
            let trimmed = pair.drop { $0 == " " }
            guard trimmed.hasPrefix(name + "=") else { return nil }
            return trimmed.dropFirst(name.count + 1)
        }
        guard values.count == 1, let value = values.first, !value.isEmpty, value.utf8.count <= 512 else { return nil }
        return SecretString(String(value))
    }
}
