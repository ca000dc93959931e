import Cryptography
import Foundation
import GRDB
import JSON

/// Writes the lines of the audit, each bound to all before it.
///
/// The chain is keyed (HMAC-SHA256 with a key of the account's own): who can write the file but does not have the
/// account's data key cannot make a line that fits.
struct EventLog: Sendable {
    private let key: SecretBytes

    /// What the first line of an account is bound to.
    static let root = [UInt8](repeating: 0, count: Digest.byteCount)

    init(key: SecretBytes) { self.key = key }

    /// Adds a line, in the transaction of the change that it tells of.
    func append(_ event: EventRecord, in db: Database) throws {
        let event = event.bounded()
        let last = try Self.last(in: db)
        let id = last.id + 1
        let hash = hash(id, event, after: last.hash)
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO audit_event (id, at, action, outcome, actor_kind, actor_guid, actor_name, door, key_id, address,
                    correlation_id, subject_guid, content_guid, integration_guid, details, hash, user_guid)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(
            arguments: [
                id, event.at.seconds, event.action.rawValue, event.outcome.rawValue, event.actor.kind.rawValue,
                event.actor.guid?.description, event.actor.name, event.origin.door.name, event.origin.door.keyID,
                event.origin.address, event.origin.correlationID, event.subject?.description,
                event.content?.description, event.integration?.description, JSON.object(event.details).text(),
                Data(hash), event.details["user_guid"]?.stringValue,
            ]
        )
        try Outbox.queue(event, in: db)
    }

    /// What binds a line to the one before it.
    func hash(_ id: Int64, _ event: EventRecord, after previous: [UInt8]) -> [UInt8] {
        HMACSHA256.authenticate(previous + Self.canonical(id, event), key: key).bytes
    }

    /// The last line, or what retention left in place of it.
    static func last(in db: Database) throws -> (id: Int64, hash: [UInt8]) {
        let newest = try db.cachedStatement(sql: "SELECT id, hash FROM audit_event ORDER BY id DESC LIMIT 1")
        if let row = try Row.fetchOne(newest) { return (row["id"], row.bytes("hash")) }
        return try anchor(in: db)
    }

    /// The last line that retention removed; before any was, the root.
    static func anchor(in db: Database) throws -> (id: Int64, hash: [UInt8]) {
        guard let row = try Row.fetchOne(db, sql: "SELECT last_id, hash FROM audit_anchor") else { return (0, root) }
        return (row["last_id"], row.bytes("hash"))
    }

    /// Proves that retention moved the anchor: whoever cuts off the beginning by hand cannot make another one that fits.
    func seal(ofAnchor anchor: (id: Int64, hash: [UInt8])) -> [UInt8] {
        HMACSHA256.authenticate(Array("anchor \(anchor.id) ".utf8) + anchor.hash, key: key).bytes
    }

    /// A line as bytes: JSON with the members in this order, so that it is the same however the row was stored.
    private static func canonical(_ id: Int64, _ event: EventRecord) -> [UInt8] {
        func text(_ guid: GUID?) -> JSON { guid.map { .string($0.description) } ?? .null }
        let line: JSON = [
            .integer(id), .integer(event.at.seconds), .string(event.action.rawValue), .string(event.outcome.rawValue),
            .string(event.actor.kind.rawValue), text(event.actor.guid), .string(event.actor.name),
            .string(event.origin.door.name), event.origin.door.keyID.map(JSON.integer) ?? .null,
            event.origin.address.map(JSON.string) ?? .null, .string(event.origin.correlationID), text(event.subject),
            text(event.content), text(event.integration), .object(event.details),
        ]
        return line.serialized()
    }
}

extension Origin.Door {
    /// The way in as one word.
    public var name: String {
        switch self {
        case .key: "api_key"
        case .browser: "browser"
        case .command: "command"
        case .workbench: "workbench"
        case .system: "system"
        }
    }

    /// The id of the API key, where it was one.
    public var keyID: Int64? { if case .key(let id) = self { id } else { nil } }

    init?(name: String, keyID: Int64?) {
        switch (name, keyID) {
        case ("api_key", let id?): self = .key(id)
        case ("browser", _): self = .browser
        case ("command", _): self = .command
        case ("workbench", _): self = .workbench
        case ("system", _): self = .system
        default: return nil
        }
    }
}

extension AuditRecord {
    init(row: Row) throws {
        guard let door = Origin.Door(name: row["door"], keyID: row["key_id"]) else {
            throw StoreError(.damaged, "door is unknown")
        }
        guard let details = try JSON.parse(row["details"] as String).objectValue else {
            throw StoreError(.damaged, "details is no object")
        }
        self.init(
            id: row["id"],
            event: EventRecord(
                try row.value("action"), outcome: try row.value("outcome"), at: row.time("at"),
                actor: EventActor(
                    kind: try row.value("actor_kind"), guid: try row.optionalGUID("actor_guid"), name: row["actor_name"]
                ),
                origin: Origin(door, address: row["address"], correlationID: row["correlation_id"]),
                subject: try row.optionalGUID("subject_guid"), content: try row.optionalGUID("content_guid"),
                integration: try row.optionalGUID("integration_guid"), details: details
            ),
            hash: row.bytes("hash")
        )
    }
}

extension SQLiteStore: EventStore {
    func note(_ events: [EventRecord]) async throws(StoreError) {
        try await write(.nothing) { [log] db in
            for event in events { try log.append(event, in: db) }
        }
    }
}
