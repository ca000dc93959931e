import JSON
import Storage

/// The forms in which the audit leaves.
public enum AuditFormat: String, Sendable, CaseIterable {
    /// A JSON object a line.
    case jsonl
    /// RFC 4180, with a header line.
    case csv
}

/// The audit on its way out, page by page: however long it is, only one page is in memory.
public struct AuditExport: Sendable {
    private static let pageSize = 500

    let account: OpenAccount
    let clock: WallClock
    let premises: [Premise]
    let filter: AuditFilter
    /// The form it leaves in.
    public let format: AuditFormat
    let upTo: Int64
    private var last: Int64 = 0
    private var isBegun = false
    private var isOver = false

    /// - Parameter premises: what the export rests on; judged again for each page, however slowly they are taken.
    init(
        account: OpenAccount, clock: WallClock, premises: [Premise], filter: AuditFilter, format: AuditFormat,
        upTo: Int64
    ) {
        self.account = account
        self.clock = clock
        self.premises = premises
        self.filter = filter
        self.format = format
        self.upTo = upTo
    }

    /// The next lines as text; nil after the last.
    public mutating func next() async throws(Refusal) -> String? {
        guard !isOver else { return nil }
        let (position, filter, upTo) = (AuditPosition(.after, last), filter, upTo)
        let page = try await attempt { () throws(StoreError) in
            try await account.store.require(premises, at: clock.now)
            return try await account.store.auditPage(
                filter, at: position, ascending: true, limit: Self.pageSize, upTo: upTo)
        }
        isOver = !page.hasNext
        last = page.lines.last?.id ?? last
        var text = ""
        if format == .csv, !isBegun { text += AuditCSV.header }
        isBegun = true
        for line in page.lines { text += format == .csv ? AuditCSV.line(line) : line.answer.text() + "\n" }
        return text
    }
}
