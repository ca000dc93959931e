import Glibc

/// What a command wants of its process, and what it was started with.
enum Process {
    /// Whatever any command writes is its owner's alone.
    static let ownMask: mode_t = 0o077
    /// The mask of whoever started us. It can only be read by setting another one, which the first use of it does.
    static let inheritedMask = umask(ownMask)
    /// Whether whoever started us ignores closed pipes; read before we do.
    static let inheritedIgnoresPipe = SignalRelay.isIgnored(SIGPIPE)

    /// Sets our own mask, and makes sure that descriptors 0, 1 and 2 are taken: the next file that is opened, such as an
    /// account's database, would get the number of a closed one, and an answer would be written into it.
    static func begin() {
        _ = inheritedMask
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // `open` returns the lowest free number, which is this one. A write to a closed standard output still fails.
            _ = open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

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
        OpenFileLimit.raise()
    }
}
