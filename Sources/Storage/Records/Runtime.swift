public import Cryptography

/// A content's own API key as it is kept: from the salt, and only with the account's data key, it is derived again.
public struct ContentKeyRecord: Sendable {
    /// The content it acts for, and whose owner it acts as.
    public let contentGUID: GUID
    /// The most it may do.
    public let role: Role
    /// The last characters, by which the owner recognises it.
    public let hint: String
    /// What it is found by.
    public let hash: Digest
    /// What it is derived from.
    public let salt: [UInt8]
    /// When it was made.
    public let createdAt: Timestamp

    /// A key with these values.
    public init(contentGUID: GUID, role: Role, hint: String, hash: Digest, salt: [UInt8], createdAt: Timestamp) {
        self.contentGUID = contentGUID
        self.role = role
        self.hint = hint
        self.hash = hash
        self.salt = salt
        self.createdAt = createdAt
    }
}

/// A session of an IDE, which gets its user's access tokens by a cookie. The cookie itself is not here: only its hash.
public struct WorkbenchSessionRecord: Sendable, Equatable {
    /// Which it is.
    public let guid: GUID
    /// The hash of the cookie.
    public let hash: Digest
    /// Whose it is.
    public let userGUID: GUID
    /// When it was made.
    public let createdAt: Timestamp
    /// When it stops working.
    public let expiresAt: Timestamp
    /// When it was last used, to the hour.
    public let activeAt: Timestamp?

    /// A session with these values.
    public init(
        guid: GUID, hash: Digest, userGUID: GUID, createdAt: Timestamp, expiresAt: Timestamp, activeAt: Timestamp? = nil
    ) {
        self.guid = guid
        self.hash = hash
        self.userGUID = userGUID
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.activeAt = activeAt
    }
}
