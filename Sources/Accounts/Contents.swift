public import Storage
import Cryptography
import JSON

/// The content of one account: who owns it, who may open it, where it runs.
public struct Contents: Sendable {
    let account: OpenAccount
    let clock: WallClock
    /// Checks where content may run; the composition root knows the operator's rules.
    let upstreams: UpstreamPolicy

    /// The content of an account.
    public init(account: OpenAccount, clock: WallClock, upstreams: UpstreamPolicy) {
        self.account = account
        self.clock = clock
        self.upstreams = upstreams
    }

    /// What may be given when content is created or changed; nil leaves what is there.
    public struct Fields: Sendable {
        /// Unique for its owner.
        public var name: String?
        /// For people.
        public var title: String?
        /// For people.
        public var description: String?
        /// Who may open it.
        public var accessType: String?
        /// Where it runs; an empty text takes it away.
        public var upstreamURL: String?
        /// Whom it belongs to.
        public var ownerGUID: GUID?

        /// Nothing is given.
        public init() {}
    }

    /// Creates content that belongs to the publisher.
    public func create(_ fields: Fields, by publisher: Publisher) async throws(Refusal) -> ContentRecord {
        let now = clock.now
        var content = ContentRecord(
            guid: account.makeGUID(), ownerGUID: publisher.caller.user.guid,
            name: "content-" + Hex.encode(SecureRandom.bytes(6)), title: "", description: "", accessType: .acl,
            upstreamURL: nil, createdAt: now, updatedAt: now
        )
        try await apply(fields, to: &content, by: publisher.caller)
        let new = content
        let event = publisher.event(
            .contentCreated, at: now, content: new.guid, details: ["name": .string(new.name)]
        ).on(new.ownerGUID == publisher.caller.user.guid ? [] : [.mayOwn(new.ownerGUID)])
        return try await store { () throws(StoreError) in try await account.store.addContent(new, noting: event) }
    }

    /// The content that the caller may see, oldest first.
    public func all(for caller: Caller) async throws(Refusal) -> [ContentRecord] {
        let all = try await attempt { () throws(StoreError) in try await account.store.contents() }
        let access = try await attempt { () throws(StoreError) in
            try await account.store.access(ofUser: caller.user.guid)
        }
        let byContent = Dictionary(grouping: access.permissions, by: \.contentGUID)
        return all.filter {
            Self.mayView($0, caller, permissions: byContent[$0.guid] ?? [], groups: access.groups)
        }
    }

    /// One content, which the caller may see.
    public func content(_ guid: GUID, for caller: Caller) async throws(Refusal) -> ContentRecord {
        let (content, facts) = try await find(guid, for: caller)
        guard Self.mayView(content, caller, permissions: facts.permissions, groups: facts.groups) else {
            throw Refusal(.permissionDenied, "You may not view this content: ask its owner.")
        }
        return content
    }

    /// One content, of which the caller may see everything.
    public func editable(_ guid: GUID, by caller: Caller) async throws(Refusal) -> ContentRecord {
        let (content, facts) = try await find(guid, for: caller)
        guard Self.mayEdit(content, caller, permissions: facts.permissions, groups: facts.groups) else {
            throw Refusal(.permissionDenied, "Only its owner or an administrator may change this content.")
        }
        return content
    }

    /// One content, which the caller may change.
    ///
    /// With a visitor's key only what the visitor owns: not what they share, and not what they may change as an
    /// administrator.
    public func changeable(_ guid: GUID, by editor: some ChangesContent) async throws(Refusal) -> ContentRecord {
        let content = try await editable(guid, by: editor.caller)
        guard editor.caller.visit == nil || content.ownerGUID == editor.caller.user.guid else {
            throw Refusal(
                .permissionDenied, "A visitor's key changes content that the visitor owns, and no other content.")
        }
        return content
    }

    /// Changes content.
    public func update(
        _ guid: GUID, _ fields: Fields, by editor: some ChangesContent
    ) async throws(Refusal) -> ContentRecord {
        let before = try await changeable(guid, by: editor)
        var content = before
        try await apply(fields, to: &content, by: editor.caller)
        content.updatedAt = clock.now
        let changed = content
        let event = editor.change(
            .contentUpdated, of: guid, at: changed.updatedAt,
            details: [
                "name": .string(changed.name), "access_type": .string(changed.accessType.rawValue),
                "owner_guid": .string(changed.ownerGUID.description),
                "upstream_url": changed.upstreamURL.map(JSON.string) ?? .null,
            ]
        ).on(changed.ownerGUID == before.ownerGUID ? [] : [.mayOwn(changed.ownerGUID)])
        return try await store { () throws(StoreError) in
            try await account.store.updateContent(changed, from: before, noting: event)
        }
    }

    /// Removes content with all that hangs on it.
    public func delete(_ guid: GUID, by publisher: Publisher) async throws(Refusal) {
        let content = try await changeable(guid, by: publisher)
        let event = publisher.change(
            .contentDeleted, of: guid, at: clock.now, details: ["name": .string(content.name)])
        try await attempt { () throws(StoreError) in try await account.store.removeContent(guid, noting: event) }
    }

    private func find(_ guid: GUID, for caller: Caller) async throws(Refusal) -> (ContentRecord, ContentFacts) {
        let facts = try await attempt { () throws(StoreError) in
            try await account.store.contentFacts(guid, for: caller.user.guid)
        }
        guard let content = facts.content else { throw .notFound("content") }
        return (content, facts)
    }

    private func apply(_ fields: Fields, to content: inout ContentRecord, by caller: Caller) async throws(Refusal) {
        if let name = fields.name { content.name = try TextRules.contentName(name) }
        if let title = fields.title {
            content.title = try TextRules.line(title, field: "title", maximum: TextRules.titleLength)
        }
        if let text = fields.description { content.description = try TextRules.paragraph(text, field: "description") }
        if let text = fields.upstreamURL { content.upstreamURL = text.isEmpty ? nil : try upstreams.check(text) }
        if let text = fields.accessType {
            guard let type = AccessType(rawValue: text) else {
                let known = AccessType.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalid("access_type", "access_type must be one of \(known).", code: .unknownAccessType)
            }
            content.accessType = type
        }
        if let owner = fields.ownerGUID, owner != content.ownerGUID {
            _ = try Person(caller)
            let user = try await attempt { () throws(StoreError) in try await account.store.user(owner) }
            guard user?.mayOwn == true else { throw .noNewOwner }
            content.ownerGUID = owner
        }
    }

    private func store<Value>(_ verb: () async throws(StoreError) -> Value) async throws(Refusal) -> Value {
        do throws(StoreError) {
            return try await verb()
        } catch {
            throw switch error.code {
            case .conflict("name"): .invalid("name", "The owner has content of that name already: choose another.")
            case .needsViewers(_, let authType):
                .invalid(
                    "access_type",
                    "access_type all is not possible while a \(authType) integration is attached: it needs viewers who sign in.",
                    code: .accessTypeNotAllowed)
            default: Refusal(error)
            }
        }
    }
}
