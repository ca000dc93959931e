import Cryptography
public import Storage

/// The text of an API key: `gh_`, the account's fingerprint (12), a key id (8), the secret (64), a check sum (8), all hexadecimal.
///
/// The prefix and the check sum let secret scanners find keys without false alarms; the fingerprint finds the account.
public enum APIKey {
    /// What every key starts with.
    public static let prefix = "gh_"
    /// The length of a key.
    public static let length = prefix.utf8.count + TenantFingerprint.textLength + 8 + 64 + 8
    private static let secretLength = 36
    private static let hintLength = 4

    /// A fresh key of an account.
    static func make(for tenant: TenantFingerprint) -> SecretString {
        let body = tenant.description + Hex.encode(SecureRandom.bytes(secretLength))
        return SecretString(prefix + body + checksum(Array(body.utf8)))
    }

    /// A content's own key: the same whenever it is derived from the same salt.
    ///
    /// - Parameter secret: a key of the account that only this is derived with.
    static func derive(for content: GUID, salt: [UInt8], with secret: SecretBytes) -> SecretString {
        let code = HMACSHA256.authenticate(content.bytes + salt, key: secret).bytes
        let body = content.tenant.description + Hex.encode(salt.prefix(secretLength - code.count) + code)
        return SecretString(prefix + body + checksum(Array(body.utf8)))
    }

    /// The account that a key names; nil for what has not the form of a key.
    public static func tenant(of bytes: some Collection<UInt8>) -> TenantFingerprint? {
        guard bytes.count == length, bytes.starts(with: prefix.utf8) else { return nil }
        let body = bytes.dropFirst(prefix.utf8.count).dropLast(8)
        guard bytes.suffix(8).elementsEqual(checksum(body).utf8) else { return nil }
        return Array(body.prefix(TenantFingerprint.textLength)).withUnsafeBytes { TenantFingerprint(hex: $0) }
    }

    /// The account that a key seems to name, without looking at the check sum; for the hot path, which goes by the hash.
    public static func claimedTenant(of bytes: UnsafeRawBufferPointer) -> TenantFingerprint? {
        guard bytes.count == length, bytes[0] == UInt8(ascii: "g"), bytes[1] == UInt8(ascii: "h") else { return nil }
        let start = prefix.utf8.count
        return TenantFingerprint(
            hex: UnsafeRawBufferPointer(rebasing: bytes[start..<start + TenantFingerprint.textLength])
        )
    }

    /// What is stored of a key. 256 random bits need no slow hash.
    static func hash(_ key: SecretString) -> Digest { SHA256.hash(key.reveal()) }

    /// The last characters, by which the owner recognises it.
    static func hint(_ key: SecretString) -> String { String(key.reveal().suffix(hintLength)) }

    private static func checksum(_ body: some Collection<UInt8>) -> String {
        let digits = String(CRC32.checksum(body), radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
