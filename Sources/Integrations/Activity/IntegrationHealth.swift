public import Storage

/// How an integration did over a length of time.
public struct IntegrationHealth: Sendable, Equatable {
    /// In a word.
    public enum State: Sendable {
        /// Nothing failed.
        case good
        /// Nothing happened.
        case quiet
        /// Something failed; more worked.
        case someFailures
        /// What failed is as much as what worked, or more.
        case failing
    }

    /// Tokens handed out.
    public let exchanges: Int64
    /// Fresh tokens from the provider.
    public let refreshes: Int64
    /// Exchanges, refreshes and log-ins that failed through the provider, the integration or this server.
    public let failures: Int64
    /// In a word.
    public let state: State

    /// What counts say; without any: quiet.
    public init(_ counts: ActivityCounts = ActivityCounts()) {
        exchanges = counts.exchangesServed
        refreshes = counts.refreshesDone
        failures = counts.failures
        switch (counts.failures, counts.successes) {
        case (0, 0): state = .quiet
        case (0, _): state = .good
        case let (failures, successes): state = failures < successes ? .someFailures : .failing
        }
    }

    /// The numbers, in a person's words.
    public var words: String {
        let parts = [
            Self.counted(exchanges, "exchange", "exchanges"), Self.counted(refreshes, "refresh", "refreshes"),
            Self.counted(failures, "failure", "failures"),
        ]
        return parts.joined(separator: ", ")
    }

    private static func counted(_ number: Int64, _ one: String, _ many: String) -> String {
        "\(number == 0 ? "no" : String(number)) \(number == 1 ? one : many)"
    }
}
