/// The tokens of a session that ended, on their way to be revoked at the provider (RFC 7009).
///
/// The sealed values still open at the places of the session and the integration that they came from.
public struct RevocationRecord: Sendable {
    /// Counts up in the account.
    public let id: Int64
    /// The session that ended.
    public let sessionGUID: GUID
    /// Whose it was.
    public let userGUID: GUID
    /// The integration as it was then: it may be changed or gone by now.
    public let integration: IntegrationRecord
    /// The access token; nil where it is done with.
    public let accessToken: [UInt8]?
    /// The refresh token; nil where there was none or it is done with.
    public let refreshToken: [UInt8]?
    /// When the access token ends by itself.
    public let accessExpiresAt: Timestamp?
    /// Of the request that ended the session.
    public let correlationID: String
    /// How often the provider was asked in vain.
    public let attempts: Int64
    /// When the session ended.
    public let createdAt: Timestamp
    /// When the provider is asked next.
    public let nextAttemptAt: Timestamp
}
