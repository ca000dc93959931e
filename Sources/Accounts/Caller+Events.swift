public import JSON
public import Storage

extension Caller {
    /// The caller, as the audit names them.
    public var actor: EventActor {
        if let visit { return EventActor(kind: .content, guid: visit.contentGUID, name: visit.contentName) }
        return origin.door == .command
            ? EventActor(kind: .operator, guid: nil, name: user.username)
            : EventActor(kind: .user, guid: user.guid, name: user.username)
    }

    /// Makes the audit line of a read, of something handed out, or of a refusal. `Changes.event` makes that of a change.
    ///
    /// With a visitor's key the actor is the content, and the details name the visitor.
    public func note(
        _ action: EventAction, _ outcome: EventRecord.Outcome = .success, at now: Timestamp, subject: GUID? = nil,
        content: GUID? = nil, integration: GUID? = nil, details: JSONObject = [:]
    ) -> EventRecord {
        let visitor: JSONObject = visit == nil ? [:] : ["user_guid": .string(user.guid.description)]
        return EventRecord(
            action, outcome: outcome, at: now, actor: actor, origin: origin, subject: subject, content: content,
            integration: integration, details: visitor.merging(details), premises: premises
        )
    }
}
