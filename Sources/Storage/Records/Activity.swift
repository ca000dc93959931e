/// What is counted of an integration.
public enum ActivityKind: String, Sendable, CaseIterable {
    /// A token was handed out.
    case exchangesServed = "exchanges_served"
    /// No token, for a reason that lies with who asked: the viewer has not logged in, or may not.
    case exchangesRefused = "exchanges_refused"
    /// No token, for a reason that lies with the provider, the integration or this server.
    case exchangesFailed = "exchanges_failed"
    /// The provider gave a fresh token.
    case refreshesDone = "refreshes_done"
    /// The provider was asked for a fresh token and gave none.
    case refreshesFailed = "refreshes_failed"
    /// A viewer logged in.
    case loginsDone = "logins_done"
    /// A viewer came back from the provider and could not be logged in; who declined there is not counted.
    case loginsFailed = "logins_failed"
}

/// How often each thing happened.
public struct ActivityCounts: Hashable, Sendable {
    /// Tokens handed out.
    public var exchangesServed: Int64 = 0
    /// Exchanges that who asked had no right to, or not yet.
    public var exchangesRefused: Int64 = 0
    /// Exchanges that could not be served.
    public var exchangesFailed: Int64 = 0
    /// Fresh tokens from the provider.
    public var refreshesDone: Int64 = 0
    /// Fresh tokens that the provider did not give.
    public var refreshesFailed: Int64 = 0
    /// Log-ins of viewers.
    public var loginsDone: Int64 = 0
    /// Log-ins of viewers that failed.
    public var loginsFailed: Int64 = 0

    /// Nothing happened yet.
    public init() {}

    /// The count of one kind.
    public subscript(kind: ActivityKind) -> Int64 {
        get {
            switch kind {
            case .exchangesServed: exchangesServed
            case .exchangesRefused: exchangesRefused
            case .exchangesFailed: exchangesFailed
            case .refreshesDone: refreshesDone
            case .refreshesFailed: refreshesFailed
            case .loginsDone: loginsDone
            case .loginsFailed: loginsFailed
            }
        }
        set {
            switch kind {
            case .exchangesServed: exchangesServed = newValue
            case .exchangesRefused: exchangesRefused = newValue
            case .exchangesFailed: exchangesFailed = newValue
            case .refreshesDone: refreshesDone = newValue
            case .refreshesFailed: refreshesFailed = newValue
            case .loginsDone: loginsDone = newValue
            case .loginsFailed: loginsFailed = newValue
            }
        }
    }

    /// Whether nothing happened.
    public var isEmpty: Bool { self == ActivityCounts() }

    /// All that went wrong.
    public var failures: Int64 { exchangesFailed + refreshesFailed + loginsFailed }

    /// All that worked.
    public var successes: Int64 { exchangesServed + refreshesDone + loginsDone }

    /// Adds other counts to these.
    public static func += (lhs: inout ActivityCounts, rhs: ActivityCounts) {
        lhs.exchangesServed += rhs.exchangesServed
        lhs.exchangesRefused += rhs.exchangesRefused
        lhs.exchangesFailed += rhs.exchangesFailed
        lhs.refreshesDone += rhs.refreshesDone
        lhs.refreshesFailed += rhs.refreshesFailed
        lhs.loginsDone += rhs.loginsDone
        lhs.loginsFailed += rhs.loginsFailed
    }
}

/// What happened with an integration in an hour.
public struct ActivityRecord: Hashable, Sendable {
    /// The integration.
    public let integration: GUID
    /// The hour's beginning.
    public let hour: Timestamp
    /// How often each thing happened.
    public let counts: ActivityCounts

    /// The counts of an hour.
    public init(integration: GUID, hour: Timestamp, counts: ActivityCounts) {
        self.integration = integration
        self.hour = hour
        self.counts = counts
    }
}

/// What happened with an integration over some time.
public struct ActivityTotal: Hashable, Sendable {
    /// The integration.
    public let integration: GUID
    /// What people call it.
    public let name: String
    /// How often each thing happened.
    public var counts: ActivityCounts
}

/// The lengths of time that counts are kept for. Hours are for the last days, days for longer.
public enum ActivitySpan: Int64, Sendable, CaseIterable {
    case hour = 3600
    case day = 86400

    /// Its length.
    public var length: Duration { .seconds(rawValue) }

    /// When the span began that a moment is in; days are days in UTC.
    public func start(of time: Timestamp) -> Timestamp {
        Timestamp(seconds: time.seconds - ((time.seconds % rawValue) + rawValue) % rawValue)
    }
}
