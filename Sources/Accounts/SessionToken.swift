public import Cryptography
public import Storage

/// What content receives and exchanges: a signed statement of which viewer (or which content) it acts for.
///
/// Text: a prefix, then base64url of version, kind, key id, two GUIDs, the time of issue, in a content's token the mark of
/// the content's API key, and an HMAC-SHA256 over all of that with a key derived from the account's data key. Nothing in
/// it is secret but the whole.
public struct SessionToken: Sendable, Equatable {
    /// For whom the content acts.
    public enum Kind: UInt8, Sendable {
        /// The viewer in front of it: `urn:posit:connect:user-session-token`.
        case user = 1
        /// The content itself: `urn:posit:connect:content-session-token`.
        case content = 2

        fileprivate var markLength: Int { self == .content ? SessionToken.markLength : 0 }
    }

    /// Why a token is not accepted.
    public enum Failure: Error, Equatable {
        case notGenuine, otherServer, tooOld
    }

    /// For whom the content acts.
    public let kind: Kind
    /// The viewer; for a content session token the content again.
    public let userGUID: GUID
    /// The content.
    public let contentGUID: GUID
    /// When it was issued, rounded down to `step`.
    public let issuedAt: Timestamp
    /// In a content's token: which API key of the content it was issued beside, and ends with. Empty in a viewer's.
    public let keyMark: [UInt8]

    /// How long a token works, counted from `issuedAt`.
    public static let lifetime = Duration.seconds(24 * 60 * 60)
    /// Tokens of one viewer and content within this time are the same, so that what memory holds about one is used again.
    public static let step = Duration.seconds(15 * 60)
    /// Clocks of the past: a token from further in the future is not ours.
    private static let tolerance = Duration.seconds(5 * 60)
    private static let prefix = "gst_"
    private static let version: UInt8 = 1
    private static let claimsLength = 2 + 4 + 16 + 16 + 8
    private static let markLength = 8

    /// The mark of the API key that is derived from a salt.
    public static func mark(ofKeyFrom salt: [UInt8]) -> [UInt8] {
        Array(salt.withUnsafeBytes { SHA256.hash($0).bytes.prefix(markLength) })
    }

    /// The account that a token names, unverified; nil for what has not the form of a token.
    public static func claimedTenant(of text: String) -> TenantFingerprint? {
        claims(in: text)?.token.contentGUID.tenant
    }

    private static func claims(in text: String) -> (
        token: SessionToken, keyID: [UInt8], signed: [UInt8], code: [UInt8]
    )? {
        guard text.hasPrefix(prefix), text.utf8.count < 256,
            let bytes = Base64URL.decode(String(text.dropFirst(prefix.count))),
            bytes.count >= claimsLength, bytes[0] == version, let kind = Kind(rawValue: bytes[1]),
            bytes.count == claimsLength + kind.markLength + Digest.byteCount,
            let user = GUID(bytes: bytes[6..<22]), let content = GUID(bytes: bytes[22..<38])
        else { return nil }
        let issued = bytes[38..<46].reduce(0) { $0 << 8 | Int64($1) }
        let end = claimsLength + kind.markLength
        let token = SessionToken(
            kind: kind, userGUID: user, contentGUID: content, issuedAt: Timestamp(seconds: issued),
            keyMark: Array(bytes[claimsLength..<end]))
        return (token, Array(bytes[2..<6]), Array(bytes[..<end]), Array(bytes[end...]))
    }

    /// Signs and checks the tokens of one account.
    public struct Signer: Sendable {
        private let key: SecretBytes
        private let keyID: [UInt8]

        /// A signer with the account's own key.
        public init(_ vault: Vault) throws {
            key = try vault.derivedKey(purpose: "session-token")
            keyID = key.withUnsafeBytes { Array(SHA256.hash($0).bytes.prefix(4)) }
        }

        /// The token of a viewer at a content, at this moment.
        public func issue(user: GUID, content: GUID, at now: Timestamp) -> SecretString {
            issue(.user, user: user, content: content, mark: [], at: now)
        }

        /// The token of a content itself, at this moment.
        ///
        /// - Parameter salt: what the content's API key is derived from: the token ends with the key.
        public func issue(content: GUID, salt: [UInt8], at now: Timestamp) -> SecretString {
            issue(.content, user: content, content: content, mark: SessionToken.mark(ofKeyFrom: salt), at: now)
        }

        private func issue(
            _ kind: Kind, user: GUID, content: GUID, mark: [UInt8], at now: Timestamp
        ) -> SecretString {
            let step = SessionToken.step.components.seconds
            let issued = now.seconds / step * step
            var bytes = [SessionToken.version, kind.rawValue] + keyID + user.bytes + content.bytes
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: issued >> Int64(56 - 8 * $0)) }
            bytes += mark
            bytes += HMACSHA256.authenticate(bytes, key: key).bytes
            return SecretString(SessionToken.prefix + Base64URL.encode(bytes))
        }

        /// What a token says, once it is known to be ours and young enough.
        public func verify(_ text: String, at now: Timestamp) throws(Failure) -> SessionToken {
            guard let (token, keyID, signed, code) = SessionToken.claims(in: text) else { throw .notGenuine }
            guard keyID == self.keyID else { throw .otherServer }
            guard HMACSHA256.isValid(code, for: signed, key: key) else { throw .notGenuine }
            guard token.issuedAt <= now + SessionToken.tolerance else { throw .notGenuine }
            guard now < token.expiresAt else { throw .tooOld }
            return token
        }
    }

    /// When the token stops working.
    public var expiresAt: Timestamp { issuedAt + Self.lifetime }
}
