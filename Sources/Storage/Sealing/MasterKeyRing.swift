public import Cryptography

/// The master keys of an installation, newest first.
///
/// The first wraps; all of them unwrap, so that a rotation needs no moment at which everything changes at once.
public struct MasterKeyRing: Sendable {
    /// One key of the ring. Its id is derived from it, so a key file holds nothing but keys.
    public struct Key: Sendable {
        /// The first four bytes of the SHA-256 of the key, in hexadecimal.
        public let id: String
        let secret: SecretBytes

        init(secret: SecretBytes) {
            self.secret = secret
            id = Hex.encode(secret.withUnsafeBytes { Array(SHA256.hash($0).bytes.prefix(4)) })
        }
    }

    /// 256 bits, for AES-256.
    public static let keyLength = 32

    /// Newest first, at least one.
    public let keys: [Key]

    /// The key that wraps.
    public let current: Key

    init(current: Key, older: [Key]) {
        self.current = current
        keys = [current] + older
    }

    /// A ring of one fresh key.
    public static func fresh() -> MasterKeyRing {
        MasterKeyRing(current: Key(secret: .random(keyLength)), older: [])
    }

    /// The same ring with a fresh key in front.
    public func rotated() -> MasterKeyRing {
        MasterKeyRing(current: Key(secret: .random(Self.keyLength)), older: keys)
    }

    /// The ring without its older keys; only for when nothing is wrapped by them any more.
    public func trimmed() -> MasterKeyRing { MasterKeyRing(current: current, older: []) }

    /// Reads keys in base64url (43 characters) separated by commas or line ends; lines that start with `#` are comments.
    ///
    /// - Throws: `MasterKeyError` where a key is malformed or there is none. The text is never quoted.
    public init(parsing text: SecretString) throws(MasterKeyError) {
        let lines = text.reveal().split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }
        let words = lines.flatMap { $0.split(separator: ",") }.map { $0.filter { !$0.isWhitespace } }.filter {
            !$0.isEmpty
        }
        var keys: [Key] = []
        for word in words {
            guard let bytes = Base64URL.decode(String(word)), bytes.count == Self.keyLength else {
                throw MasterKeyError(.malformed, "a master key must be 32 bytes in base64url (43 characters)")
            }
            keys.append(Key(secret: SecretBytes(bytes)))
        }
        guard let first = keys.first else { throw MasterKeyError(.malformed, "the master key ring is empty") }
        self.init(current: first, older: Array(keys.dropFirst()))
    }

    /// The text that `init(parsing:)` reads.
    var text: SecretString {
        SecretString(
            keys.map { $0.secret.withUnsafeBytes { Base64URL.encode(Array($0)) } }.joined(separator: "\n") + "\n")
    }

    /// A key for another purpose that stays the same as long as the current master key does.
    public func derivedKey(purpose: String) throws -> SecretBytes {
        try HKDF.derive(from: current.secret, info: "gatehouse/1 \(purpose)")
    }
}

/// Why the master keys cannot be used.
public struct MasterKeyError: Error, Equatable, CustomStringConvertible {
    /// The causes.
    public enum Code: Sendable {
        case malformed, missing, tooOpen, unreadable, cannotUnwrap
    }
    /// The cause.
    public let code: Code
    /// A sentence that says what to do.
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
