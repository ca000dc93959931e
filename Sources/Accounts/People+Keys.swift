public import Cryptography
import JSON
public import Storage

extension People {
    /// How often the time of a key's last use is written down.
    private static let touchInterval = Duration.seconds(60 * 60)

    /// Who sent an API key.
    ///
    /// - Throws: `Refusal` 24 where the key is not one of this account or expired; 50 where its user is locked.
    public func caller(key: SecretString, from origin: Origin) async throws(Refusal) -> Caller {
        let hash = APIKey.hash(key)
        let found = try await attempt { () throws(StoreError) in try await account.store.key(hash: hash) }
        let now = clock.now
        let caller = try Self.judge(found, from: origin, at: now)
        if let record = found?.key, record.activeAt.map({ $0 + Self.touchInterval <= now }) ?? true {
            // The time of last use is a convenience: a disk that is full must not keep anybody out.
            try? await account.store.touchKey(record.id, at: now)
        }
        return caller
    }

    /// What a key that was found is worth.
    public static func judge(
        _ found: (key: APIKeyRecord, user: UserRecord)?, from origin: Origin, at now: Timestamp
    ) throws(Refusal) -> Caller {
        guard let (key, user) = found, key.expiresAt.map({ now < $0 }) ?? true else {
            throw .invalidKey
        }
        guard !user.isLocked else {
            throw Refusal.userLocked
        }
        return Caller(user: user, key: key, origin: origin)
    }

    /// Creates an API key; its text is shown this one time.
    public func createKey(
        name: String, role: Role?, expiresAt: Timestamp?, for caller: Caller
    ) async throws(Refusal) -> (record: APIKeyRecord, key: SecretString) {
        let role = role ?? caller.role
        guard role <= caller.role else {
            throw Refusal(.permissionDenied, "A key cannot do more than you can: your role is \(caller.role.rawValue).")
        }
        let person = try Person(caller)
        let now = clock.now
        if let expiresAt, expiresAt <= now { throw .invalid("expires_at", "expires_at must be in the future.") }
        let key = APIKey.make(for: account.fingerprint)
        let record = APIKeyRecord(
            userGUID: caller.user.guid, name: try TextRules.line(name, field: "name", minimum: 1), role: role,
            hint: APIKey.hint(key), createdAt: now, expiresAt: expiresAt
        )
        let event = person.event(
            .keyCreated, at: now, subject: caller.user.guid,
            details: ["name": .string(record.name), "role": .string(role.rawValue), "hint": .string(record.hint)]
        )
        let stored = try await attempt { () throws(StoreError) in
            try await account.store.addKey(record, hash: APIKey.hash(key), noting: event)
        }
        return (stored, key)
    }

    /// The caller's own keys, oldest first.
    public func keys(of caller: Caller) async throws(Refusal) -> [APIKeyRecord] {
        _ = try Person(caller)
        return try await attempt { () throws(StoreError) in try await account.store.keys(of: caller.user.guid) }
    }

    /// Deletes one of the caller's own keys; it stops at once.
    public func deleteKey(_ id: Int64, of caller: Caller) async throws(Refusal) {
        let person = try Person(caller)
        let event = person.event(
            .keyDeleted, at: clock.now, subject: caller.user.guid, details: ["key_id": .integer(id)])
        let removed = try await attempt { () throws(StoreError) in
            try await account.store.removeKey(id, of: caller.user.guid, noting: event)
        }
        guard removed else { throw .notFound("API key") }
    }
}
