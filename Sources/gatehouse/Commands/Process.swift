import Glibc

/// What a command wants of its process, and what it was started with.
enum Process {
    /// Whatever any command writes is its owner's alone.
    static let ownMask: mode_t = 0o077
    /// The mask of whoever started us. It can only be read by setting another one, which the first use of it does.
    static let inheritedMask = umask(ownMask)
    /// Whether whoever started us ignores closed pipes; read before we do.
    static let inheritedIgnoresPipe = SignalRelay.isIgnored(SIGPIPE)

    /// Sets our own mask.
    static func restrictFiles() { _ = inheritedMask }

    /// No death by a closed pipe.
    static func ignoreClosedPipes() {
        _ = inheritedIgnoresPipe
        signal(SIGPIPE, SIG_IGN)
    }

    /// No core dumps, for they would hold secrets; as many files as the system allows; no death by a closed pipe.
    static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        var files = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 {
            files.rlim_cur = files.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        }
    }

    /// A port that nobody listens at. The addresses that are printed need it before the server listens.
    static func freePort(host: String) throws -> Int {
        let isIPv6 = host.contains(":")
        let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw CommandFailure("there is no free port") }
        defer { close(descriptor) }
        var address = sockaddr_storage()
        address.ss_family = sa_family_t(isIPv6 ? AF_INET6 : AF_INET)
        var length = socklen_t(isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound else { throw CommandFailure("there is no free port") }
        // The port stands at the same place in both families.
        let port = withUnsafeBytes(of: address) { UInt16($0[2]) << 8 | UInt16($0[3]) }
        return Int(port)
    }
}
