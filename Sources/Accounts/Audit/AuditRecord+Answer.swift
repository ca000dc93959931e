import Cryptography
public import JSON
public import Storage

extension AuditRecord {
    /// The line in the API's words: Connect's, and ours beside them.
    public var answer: JSON {
        func text(_ guid: GUID?) -> JSON { guid.map { .string($0.description) } ?? .null }
        return [
            "id": .string(String(id)), "time": .string(event.at.description), "user_guid": text(event.actor.guid),
            "user_description": .string(event.actor.name), "action": .string(event.action.rawValue),
            "event_description": .string(event.sentence), "outcome": .string(event.outcome.rawValue),
            "actor_kind": .string(event.actor.kind.rawValue), "door": .string(event.origin.door.name),
            "key_id": event.origin.door.keyID.map { .string(String($0)) } ?? .null,
            "address": event.origin.address.map(JSON.string) ?? .null,
            "correlation_id": .string(event.origin.correlationID), "subject_guid": text(event.subject),
            "content_guid": text(event.content), "integration_guid": text(event.integration),
            "details": .object(event.details), "hash": .string(Hex.encode(hash)),
        ]
    }
}

extension AuditVerdict {
    /// What the check found, for programs.
    public var answer: JSON {
        [
            "ok": .bool(broken == nil), "lines": .integer(lines), "removed_up_to": .integer(removedUpTo),
            "head": ["id": .integer(head.id), "hash": .string(Hex.encode(head.hash))],
            "first_broken": broken.map { ["id": .integer($0.id), "reason": .string($0.reason)] } ?? .null,
        ]
    }
}

extension AuditHead {
    /// Reads the form in which a head is noted elsewhere, `ID:HASH`; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let id = Int64(parts[0]), id >= 0, let hash = Hex.decode(String(parts[1])),
            hash.count == Digest.byteCount
        else { return nil }
        self.init(id: id, hash: hash)
    }
}
