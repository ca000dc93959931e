/// How many of something an account, a content or a user may have. Each is judged in the transaction that adds one.
public enum Quota: String, Sendable, CaseIterable {
    case bundlesPerContent = "bundles_per_content"
    case bundleBytes = "bundle_bytes"
    case contents
    case variablesPerContent = "variables_per_content"
    case variableBytesPerContent = "variable_bytes_per_content"
    case permissionsPerContent = "permissions_per_content"
    case integrationsPerContent = "integrations_per_content"
    case tasksPerContent = "tasks_per_content"
    case users
    case groups
    case integrations
    case permissionsPerIntegration = "permissions_per_integration"
    case webhooks
    case keysPerUser = "keys_per_user"
    case workbenchSessionsPerUser = "workbench_sessions_per_user"
    case browserSessionsPerUser = "browser_sessions_per_user"
    case contentSessionsPerUser = "content_sessions_per_user"

    /// The limit where the operator says nothing.
    public var usual: Int {
        switch self {
        case .bundlesPerContent: 20
        case .bundleBytes: 2 << 30
        case .contents: 1000
        case .variablesPerContent: 200
        // Names and sealed values. A program cannot be started with much more (`execve`).
        case .variableBytesPerContent: 1 << 20
        case .permissionsPerContent: 1000
        case .integrationsPerContent: 50
        case .tasksPerContent: 100
        case .users: 20_000
        case .groups: 2000
        case .integrations: 500
        case .permissionsPerIntegration: 1000
        case .webhooks: 20
        case .keysPerUser: 50
        case .workbenchSessionsPerUser: 50
        case .browserSessionsPerUser: 100
        case .contentSessionsPerUser: 2000
        }
    }

    /// A number of it in words: bytes as the largest unit that is not below 1.
    public func amount(_ number: Int) -> String {
        guard self == .bundleBytes || self == .variableBytesPerContent else { return "\(number)" }
        let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")]
        guard let unit = units.first(where: { number >> $0.0 > 0 }) else { return "\(number) bytes" }
        return "\(number >> unit.0) \(unit.1)"
    }

    /// Whose limit it is, and of what, as the words of a refusal.
    public var words: (holder: String, things: String) {
        switch self {
        case .bundlesPerContent: ("This content", "bundles")
        case .bundleBytes: ("This account", "of bundles")
        case .contents: ("This account", "contents")
        case .variablesPerContent: ("A content", "variables")
        case .variableBytesPerContent: ("A content", "of variables")
        case .permissionsPerContent: ("A content", "users and groups on its list")
        case .integrationsPerContent: ("A content", "integrations")
        case .tasksPerContent: ("A content", "tasks")
        case .users: ("This account", "users")
        case .groups: ("This account", "groups")
        case .integrations: ("This account", "integrations")
        case .permissionsPerIntegration: ("An integration", "users and groups who may attach it")
        case .webhooks: ("An account", "webhooks")
        case .keysPerUser: ("A user", "API keys")
        case .workbenchSessionsPerUser: ("A user", "Workbench sessions")
        case .browserSessionsPerUser, .contentSessionsPerUser: ("A user", "sessions")
        }
    }
}

/// The limits of this installation: what the operator set, and the usual ones for the rest.
public struct Quotas: Sendable, Equatable {
    private var limits: [Quota: Int]

    /// The usual limits, with these in place of them.
    public init(_ limits: [Quota: Int] = [:]) { self.limits = limits }

    /// The limit.
    public subscript(quota: Quota) -> Int { limits[quota] ?? quota.usual }
}
