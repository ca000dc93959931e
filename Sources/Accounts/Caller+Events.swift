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

    /// What the caller read, was given or was refused, as a line of the audit. For a change there is `Changes.event`.
    ///
    /// What content did with a visitor's key names the content as the actor, and the visitor in the details.
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
