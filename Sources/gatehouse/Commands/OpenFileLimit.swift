import Glibc
import HTTPClient
import Storage
import Web

/// How many files this process may have open, and what they are for.
///
/// A connection that is accepted and then finds no descriptor for its account helps nobody: half of them are for
/// connections, a quarter for the accounts that stay open, the rest for outbound calls, bundles and commands.
struct OpenFileLimit {
    let total: Int

    private static let least = 256
    private static let descriptorsPerAccount = 9

    /// What the system gives.
    ///
    /// - Throws: `ConfigurationError` where that is too little to serve anybody.
    static func obtained() throws -> OpenFileLimit {
        let limit = OpenFileLimit(total: current)
        guard limit.total >= least else {
            throw ConfigurationError(
                "The limit of open files is \(limit.total), and a server needs \(least) at least: raise it (ulimit -n, or LimitNOFILE= of the unit)."
            )
        }
        return limit
    }

    /// Raises the limit as far as the system allows.
    static func raise() {
        var files = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 else { return }
        files.rlim_cur = files.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
    }

    var connections: Int { min(WebServer.maximumConnections, total / 2) }

    var outboundConnections: Int { min(CurlTransport.maximumConnections, total / 8) }

    var accounts: Int {
        max(4, min(AccountDirectory<OpenAccount>.defaultLimit, total / 4 / Self.descriptorsPerAccount))
    }

    private static var current: Int {
        var files = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 else { return least }
        return Int(clamping: files.rlim_cur)
    }
}
