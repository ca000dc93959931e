/// The keys of the account as an OpenID provider.
public protocol SigningKeyStore: Sendable {
    /// All keys: the active one first, then the next, then the retired.
    func signingKeys() async throws(StoreError) -> [SigningKeyRecord]
    /// Keeps the first keys of an account; does nothing where it has some, which are returned then.
    func addFirstSigningKeys(_ keys: [SigningKeyRecord]) async throws(StoreError) -> [SigningKeyRecord]
    /// Retires the active key, lets the next one sign, and keeps another next one; forgets what was retired before then.
    ///
    /// - Parameter active: the key that is to be retired; where it is not the active one any more, nothing happens.
    func rotateSigningKeys(
        retiring active: String, adding next: SigningKeyRecord, at now: Timestamp,
        forgettingRetiredBefore limit: Timestamp,
        noting event: EventRecord?) async throws(StoreError)
}
