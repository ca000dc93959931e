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
            integration: integration, details: details, premises: premises
        )
    }

    /// What the caller did to a content, on the premise that they may still change it.
    public func change(
        _ action: EventAction, of content: GUID, at now: Timestamp, subject: GUID? = nil, details: JSONObject = [:]
    ) -> EventRecord {
        let event = event(action, at: now, subject: subject, content: content, details: details)
        // The operator of the server is above the accounts.
        return origin.door == .command ? event : event.on(.editor(of: content, user: user.guid, role: role))
    }
}
