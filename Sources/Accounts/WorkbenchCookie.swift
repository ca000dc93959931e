import Cryptography
import Glibc
public import Storage

/// The text of a Workbench session's cookie: a secret, when it ends, and a code over both, with `|` between.
///
/// Clients read the end out of the second part, where they expect `Sat, 21 Nov 2026 12:00:00 GMT`, URL-quoted. The
/// secret begins with the account's fingerprint.
public enum WorkbenchCookie {
    private static let secretLength = 32
    private static let largest = 512

    /// The account that a cookie names, unverified; nil for what has not the form of one.
    public static func claimedTenant(of text: String) -> TenantFingerprint? {
        guard text.utf8.count <= largest, text.split(separator: "|", omittingEmptySubsequences: false).count == 3 else {
            return nil
        }
        return Array(text.utf8.prefix(TenantFingerprint.textLength)).withUnsafeBytes { TenantFingerprint(hex: $0) }
    }

    static func make(for tenant: TenantFingerprint, expiresAt: Timestamp, key: SecretBytes) -> SecretString {
        let secret = "\(tenant).\(Base64URL.encode(SecureRandom.bytes(secretLength)))"
        let signed = "\(secret)|\(quoted(date(expiresAt)))"
        return SecretString("\(signed)|\(code(of: signed, key: key))")
    }

    /// Whether a cookie was made with this key; the rest of the truth is in the account's file.
    static func isGenuine(_ text: String, key: SecretBytes) -> Bool {
        guard let end = text.lastIndex(of: "|"), let code = Base64URL.decode(String(text[text.index(after: end)...]))
        else { return false }
        return HMACSHA256.isValid(code, for: text[..<end].utf8, key: key)
    }

    private static func code(of signed: String, key: SecretBytes) -> String {
        Base64URL.encode(HMACSHA256.authenticate(signed.utf8, key: key))
    }

    /// A moment as HTTP writes it (RFC 9110, section 5.6.7), whatever the process's locale.
    static func date(_ moment: Timestamp) -> String {
        var time = time_t(moment.seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        func padded(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][Int(parts.tm_wday)]
        let month = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ][Int(parts.tm_mon)]
        let hours = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(padded).joined(separator: ":")
        return "\(day), \(padded(parts.tm_mday)) \(month) \(parts.tm_year + 1900) \(hours) GMT"
    }

    private static func quoted(_ text: String) -> String {
        text.replacing(",", with: "%2C").replacing(" ", with: "%20").replacing(":", with: "%3A")
    }
}
