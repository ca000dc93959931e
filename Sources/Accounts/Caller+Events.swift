public import JSON
public import Storage

extension Caller {
    /// The caller, as the audit names them.
    public var actor: EventActor {
        origin.door == .command
            ? EventActor(kind: .operator, guid: nil, name: user.username)
            : EventActor(kind: .user, guid: user.guid, name: user.username)
    }

    /// What the caller did, as a line of the audit.
    public func event(
        _ action: EventAction, _ outcome: EventRecord.Outcome = .success, at now: Timestamp, subject: GUID? = nil,
        content: GUID? = nil, integration: GUID? = nil, details: JSONObject = [:]
    ) -> EventRecord {
        EventRecord(
            action, outcome: outcome, at: now, actor: actor, origin: origin, subject: subject, content: content,
            integration: integration, details: details
        )
    }
}
