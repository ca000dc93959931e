public import Cryptography

/// What running content and Workbench sessions sign in with.
public protocol RuntimeStore: Sendable {
    /// The salt of a content's own key; nil where the content has no such key.
    func contentKeySalt(of content: GUID) async throws(StoreError) -> [UInt8]?
    /// Keeps a content's own key, unless it has got one meanwhile; answers the salt of the one that counts.
    func addContentKey(_ key: ContentKeyRecord, noting event: EventRecord?) async throws(StoreError) -> [UInt8]
    /// Keeps a session and drops the expired ones.
    func addWorkbenchSession(
        _ session: WorkbenchSessionRecord, at now: Timestamp, noting event: EventRecord?) async throws(StoreError)
    /// The sessions of a user, or everybody's, that are still valid, oldest first.
    func workbenchSessions(of user: GUID?, at now: Timestamp) async throws(StoreError) -> [WorkbenchSessionRecord]
    /// The session with that hash and its user, while it is valid.
    func workbenchSession(hash: Digest, at now: Timestamp) async throws(StoreError) -> (
        session: WorkbenchSessionRecord, user: UserRecord
    )?
    /// Notes that a session was used.
    func touchWorkbenchSession(_ guid: GUID, at now: Timestamp) async throws(StoreError)
    /// Ends a session; false where there is none.
    func removeWorkbenchSession(_ guid: GUID, noting event: EventRecord?) async throws(StoreError) -> Bool
}
