/// Which lines of the audit are wanted.
public struct AuditFilter: Sendable, Equatable {
    /// These actions, or none named: all.
    public var actions: [EventAction] = []
    /// Lines of whoever did it, to whom it was done, or whose session it was.
    public var user: GUID?
    /// Lines about this content.
    public var content: GUID?
    /// Lines about this integration.
    public var integration: GUID?
    /// Lines with this outcome.
    public var outcome: EventRecord.Outcome?
    /// From this moment on.
    public var from: Timestamp?
    /// Before this moment.
    public var to: Timestamp?

    /// All lines.
    public init() {}
}

/// Where a page of the audit begins: lines are in the order of their ids, which never change.
public struct AuditPosition: Sendable, Equatable {
    /// The direction in which the page is read.
    public enum Side: String, Sendable {
        /// The page follows this line.
        case after
        /// The page ends before this line.
        case before
    }

    /// On which side of the line the page is.
    public let side: Side
    /// The line's id.
    public let id: Int64

    /// A position beside a line.
    public init(_ side: Side, _ id: Int64) {
        self.side = side
        self.id = id
    }
}

/// One page of the audit.
public struct AuditPage: Sendable {
    /// Its lines, in the order that was asked for.
    public let lines: [AuditRecord]
    /// Whether there are lines before the first.
    public let hasPrevious: Bool
    /// Whether there are lines after the last.
    public let hasNext: Bool
}

/// A line of the audit and the hash that binds everything up to it: noted elsewhere, it proves later that nothing is missing.
public struct AuditHead: Sendable, Equatable {
    /// The line's id.
    public let id: Int64
    /// Its hash.
    public let hash: [UInt8]

    /// A head with these values.
    public init(id: Int64, hash: [UInt8]) {
        self.id = id
        self.hash = hash
    }
}

/// What a check of the whole chain found.
public struct AuditVerdict: Sendable, Equatable {
    /// The first line that is not as it was written, and why that is known.
    public struct Break: Sendable, Equatable {
        /// The line's id.
        public let id: Int64
        /// A sentence.
        public let reason: String
    }

    /// How many lines fit.
    public let lines: Int64
    /// The last line that retention removed; 0: none.
    public let removedUpTo: Int64
    /// The last line that fits.
    public let head: AuditHead
    /// The first that does not; nil where all are in order.
    public let broken: Break?
}
