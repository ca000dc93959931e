import Glibc
import Web

/// The sockets that systemd holds for the service and hands to each start of it (`sd_listen_fds(3)`).
///
/// Connections that arrive between two starts wait in them.
struct InheritedSockets {
    let web: ListeningSocket?
    let metrics: ListeningSocket?

    /// By `FileDescriptorName=` of its unit; any other name, or none, is the one for people.
    private static let metricsName = "metrics"
    private static let first: Int32 = 3
    /// Upper bound of `LISTEN_FDS`.
    private static let maximum: Int32 = 16

    /// Reads and unsets `LISTEN_*`, so that child processes do not take the sockets too.
    ///
    /// - Throws: `ConfigurationError` where it is no TCP socket that listens, or there are more than are known.
    static func take() throws -> InheritedSockets {
        defer { for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) } }
        guard let pid = Environment.value("LISTEN_PID"), pid == String(getpid()),
            let count = Environment.value("LISTEN_FDS").flatMap({ Int32($0) }), count > 0
        else { return InheritedSockets(web: nil, metrics: nil) }
        guard count <= maximum else { throw ConfigurationError("LISTEN_FDS is \(count): systemd hands over too much.") }
        let names = Environment.value("LISTEN_FDNAMES")?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        var web: ListeningSocket?
        var metrics: ListeningSocket?
        for offset in 0..<count {
            let socket = try socket(at: first + offset)
            let isMetrics = Int(offset) < names.count && names[Int(offset)] == metricsName
            guard (isMetrics ? metrics : web) == nil else {
                throw ConfigurationError(
                    "systemd hands over two sockets for the same purpose: keep one ListenStream=, and name the one for metrics FileDescriptorName=metrics in a socket unit of its own."
                )
            }
            if isMetrics { metrics = socket } else { web = socket }
        }
        return InheritedSockets(web: web, metrics: metrics)
    }

    private static func socket(at descriptor: Int32) throws -> ListeningSocket {
        var isListening: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0,
            getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &length) == 0, isListening == 1,
            let address = ListenAddress(boundTo: descriptor)
        else {
            throw ConfigurationError(
                "What systemd hands over as descriptor \(descriptor) is no TCP socket that listens: the socket unit needs ListenStream= with an address and a port, and Accept=no."
            )
        }
        return ListeningSocket(descriptor: descriptor, address: address.description)
    }
}
