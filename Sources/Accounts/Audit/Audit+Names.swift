import JSON
public import Storage

extension Audit {
    /// What everything that these lines speak of is called by now.
    public func names(
        in lines: [AuditRecord], for admin: Administrator
    ) async throws(Refusal) -> [GUID: NameRecord] {
        let guids = lines.flatMap { line in
            [line.event.actor.guid, line.event.subject, line.event.content, line.event.integration, line.event.user]
        }
        let wanted = Set(guids.compactMap { $0 })
        return try await attempt { () throws(StoreError) in try await account.store.names(of: wanted) }
    }

    /// Which one is meant by a name, an email or a GUID.
    ///
    /// - Throws: `Refusal` 25 where nothing is called so, or more than one.
    public func guid(
        of kind: NameRecord.Kind, called text: String, field: String, for admin: Administrator
    ) async throws(Refusal) -> GUID {
        let name = try TextRules.line(text, field: field, maximum: TextRules.titleLength, minimum: 1)
        // What a GUID named may be gone by now; its lines are still there.
        if let guid = GUID(name.lowercased()), guid.tenant == account.fingerprint { return guid }
        let found = try await attempt { () throws(StoreError) in
            try await account.store.guids(of: kind, called: name, limit: 2)
        }
        guard let guid = found.first else {
            throw .invalid(field, "Nothing here is called so: check the spelling, or give the GUID.")
        }
        guard found.count == 1 else {
            throw .invalid(field, "More than one is called so: give the GUID of the one that you mean.")
        }
        return guid
    }
}

extension EventRecord {
    /// Whose session it was about, where a line says so.
    public var user: GUID? { details["user_guid"]?.stringValue.flatMap { GUID($0) } }
}
