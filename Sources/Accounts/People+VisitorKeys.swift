public import Cryptography
public import Storage

extension People {
    /// How long a visitor's key works.
    public static let visitorKeyLifetime = Duration.seconds(60 * 60)

    /// A key with which a content acts for its viewer at this server (Connect's "Visitor API Key").
    ///
    /// It can do no more than the viewer, no more than `maximumRole`, and cannot make keys itself.
    public func issueVisitorKey(
        for viewer: UserRecord, maximumRole: Role, from origin: VisitorKeyOrigin, integrationVersion: Int64
    ) async throws(Refusal) -> (key: SecretString, expiresAt: Timestamp) {
        let now = clock.now
        let key = APIKey.make(for: account.fingerprint)
        let expiresAt = now + Self.visitorKeyLifetime
        let record = APIKeyRecord(
            userGUID: viewer.guid, name: "visitor", role: min(viewer.role, maximumRole), hint: APIKey.hint(key),
            visitor: origin, createdAt: now, expiresAt: expiresAt
        )
        try await attempt { () throws(StoreError) in
            try await account.store.addVisitorKey(
                record, hash: APIKey.hash(key), integrationVersion: integrationVersion, at: now)
        }
        return (key, expiresAt)
    }

    /// Whether a key is still one of this account: visitors' keys go with what they came from.
    public func isKnown(_ key: SecretString) async throws(Refusal) -> Bool {
        try await attempt { () throws(StoreError) in try await account.store.key(hash: APIKey.hash(key)) } != nil
    }
}
