public import Cryptography
import JSON
public import Storage

extension People {
    private static let saltLength = 32

    /// The API key that a content itself has: it acts for this content alone, as the content's owner, as a publisher.
    ///
    /// Asking again gives the same key, so that all that run the content can share it; only its hash and what it is derived
    /// from are kept. Its owner sees it in their list. Deleted there, it is dead, and the next asking makes another one. So
    /// does the store when somebody who could edit the content loses that right (`EditRights`).
    public func contentKey(
        of content: ContentRecord, for publisher: Publisher
    ) async throws(Refusal) -> (key: SecretString, salt: [UInt8]) {
        let secret = try contentKeySecret()
        var salt = try await attempt { () throws(StoreError) in
            try await account.store.contentKeySalt(of: content.guid)
        }
        if salt == nil { salt = try await addContentKey(of: content, with: secret, for: publisher) }
        return (APIKey.derive(for: content.guid, salt: salt ?? [], with: secret), salt ?? [])
    }

    private func addContentKey(
        of content: ContentRecord, with secret: SecretBytes, for publisher: Publisher
    ) async throws(Refusal) -> [UInt8] {
        let salt = SecureRandom.bytes(Self.saltLength)
        let key = APIKey.derive(for: content.guid, salt: salt, with: secret)
        let record = ContentKeyRecord(
            contentGUID: content.guid, role: .publisher, hint: APIKey.hint(key), hash: APIKey.hash(key), salt: salt,
            createdAt: clock.now
        )
        let event = publisher.event(
            .keyCreated, at: record.createdAt, subject: content.ownerGUID, content: content.guid,
            details: ["role": .string(record.role.rawValue), "hint": .string(record.hint)]
        )
        return try await attempt { () throws(StoreError) in
            try await account.store.addContentKey(record, noting: event)
        }
    }

    private func contentKeySecret() throws(Refusal) -> SecretBytes {
        do { return try account.vault.derivedKey(purpose: "content-key") } catch {
            throw Refusal(.internalFailure, "The content's key could not be derived: tell the operator of this server.")
        }
    }
}
