import JSON
public import Storage

/// The audit of one account, for its administrators.
public struct Audit: Sendable {
    /// So many lines a page has at most.
    public static let largestPage = 500
    /// For so many days lines are kept at least, where they are not kept for ever, and at most.
    public static let retentionDays: ClosedRange<Int64> = 30...3650
    /// So many lines are removed in one step; others write in between.
    private static let removedAtOnce = 5000

    let account: OpenAccount
    let clock: WallClock
    /// Writes what waits in memory.
    private let settle: @Sendable () async -> Void

    /// The audit of an account.
    ///
    /// - Parameter settle: called before the lines are read; writes those that wait in memory.
    public init(account: OpenAccount, clock: WallClock, settle: @escaping @Sendable () async -> Void = {}) {
        self.account = account
        self.clock = clock
        self.settle = settle
    }

    /// A page of lines.
    public func page(
        _ filter: AuditFilter, at position: AuditPosition?, ascending: Bool, limit: Int,
        for reader: some ReadsAsAdministrator
    ) async throws(Refusal) -> AuditPage {
        await settle()
        return try await attempt { () throws(StoreError) in
            try await account.store.auditPage(filter, at: position, ascending: ascending, limit: limit, upTo: nil)
        }
    }

    /// Begins an export, which is noted itself, and is the last of the lines that it contains.
    public func export(
        _ filter: AuditFilter, as format: AuditFormat, by reader: some ReadsAsAdministrator
    ) async throws(Refusal) -> AuditExport {
        let event = reader.caller.note(
            .auditExported, at: clock.now, details: ["format": .string(format.rawValue)])
        await settle()
        let head = try await attempt { () throws(StoreError) in
            try await account.store.note([event])
            return try await account.store.auditHead()
        }
        return AuditExport(
            account: account, clock: clock, premises: event.premises, filter: filter, format: format, upTo: head.id)
    }

    /// For how many days lines are kept; nil: for ever.
    public func retention(for reader: some ReadsAsAdministrator) async throws(Refusal) -> Int64? {
        try await attempt { () throws(StoreError) in try await account.store.auditRetention() }
    }

    /// Sets for how many days lines are kept; nil: for ever.
    public func setRetention(_ days: Int64?, by admin: Administrator) async throws(Refusal) {
        if let days, !Self.retentionDays.contains(days) {
            throw .invalid(
                "days",
                "days must be from \(Self.retentionDays.lowerBound) to \(Self.retentionDays.upperBound), or null: for ever."
            )
        }
        let event = admin.event(
            .auditRetentionChanged, at: clock.now, details: ["days": days.map(JSON.integer) ?? .null])
        try await attempt { () throws(StoreError) in
            try await account.store.setAuditRetention(days, noting: event)
        }
    }

    /// Computes the whole chain again, and looks for what was noted elsewhere.
    public func verify(expecting head: AuditHead?, for admin: Administrator) async throws(Refusal) -> AuditVerdict {
        await settle()
        return try await attempt { () throws(StoreError) in try await account.store.verifyAudit(expecting: head) }
    }

    /// Removes what is older than the account keeps.
    public func prune() async throws(StoreError) {
        await settle()
        guard let days = try await account.store.auditRetention() else { return }
        let now = clock.now
        var removed: Int64 = 0
        while true {
            let count = try await account.store.pruneAudit(
                before: now - .seconds(days * 24 * 60 * 60), limit: Self.removedAtOnce)
            removed += Int64(count)
            guard count == Self.removedAtOnce else { break }
        }
        guard removed > 0 else { return }
        try await account.store.note([
            EventRecord(
                .auditPruned, at: now, actor: .system, origin: .system,
                details: ["lines": .integer(removed), "days": .integer(days)])
        ])
    }
}
