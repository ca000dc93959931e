import Glibc
import Synchronization

/// Passes on to the content what this process is told by signals, and so stays to clean up behind it.
///
/// What the terminal sends (Ctrl-C, a new size) goes to everybody in the foreground, the content included: that is not passed on, or
/// the content would get it twice. Handlers only touch atomics and call `kill`, which signal handlers may (POSIX).
enum SignalRelay {
    private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH]
    /// The kernel sent it, for a terminal (`si_code` in sigaction(2)).
    private static let fromKernel: Int32 = 0x80

    private static let child = Atomic<pid_t>(0)
    /// What is still to be passed on, a bit for each signal.
    private static let pending = Atomic<UInt64>(0)
    private static let leadsSession = Atomic<Bool>(false)
    /// Since the last restart began, somebody sent a signal that ends programs.
    private static let askedToEnd = Atomic<Bool>(false)
    /// Somebody told the content to end for good. Ctrl-C and a hang-up may mean something else to it.
    private static let toldToTerminate = Atomic<Bool>(false)
    private static let ending = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

    /// From now on nothing in the list ends this process. What was ignored stays ignored, by the content too (nohup).
    static func install() {
        // The handler must not be the first to touch these: they are made at first use.
        child.store(0, ordering: .relaxed)
        pending.store(0, ordering: .relaxed)
        askedToEnd.store(false, ordering: .relaxed)
        toldToTerminate.store(false, ordering: .relaxed)
        leadsSession.store(getsid(0) == getpid(), ordering: .relaxed)
        for signal in signals where !isIgnored(signal) {
            var action = sigaction()
            action.sa_flags = SA_SIGINFO | SA_RESTART
            action.__sigaction_handler.sa_sigaction = { signal, info, _ in SignalRelay.receive(signal, info) }
            sigaction(signal, &action, nil)
        }
    }

    static func isIgnored(_ signal: Int32) -> Bool {
        var action = sigaction()
        sigaction(signal, nil, &action)
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Names the content's process; what came before it was there is passed on now.
    static func attach(_ pid: pid_t) {
        child.store(pid, ordering: .sequentiallyConsistent)
        deliver()
    }

    /// The content has ended; its number may soon be another process's.
    static func detach() { child.store(0, ordering: .sequentiallyConsistent) }

    /// Asks the content to end, so that it can be started again; answers its process, nil where it has ended by itself or
    /// was told to.
    static func beginRestart() -> pid_t? {
        guard !toldToTerminate.load(ordering: .sequentiallyConsistent) else { return nil }
        askedToEnd.store(false, ordering: .sequentiallyConsistent)
        let pid = child.load(ordering: .sequentiallyConsistent)
        guard pid > 0 else { return nil }
        Glibc.kill(pid, SIGTERM)
        return pid
    }

    /// Whether somebody else has asked for an end since the restart began.
    static var wasAskedToEnd: Bool { askedToEnd.load(ordering: .sequentiallyConsistent) }

    /// Ends a process by force, if it is still the content's.
    static func kill(_ pid: pid_t) {
        if child.load(ordering: .sequentiallyConsistent) == pid { Glibc.kill(pid, SIGKILL) }
    }

    private static func receive(_ signal: Int32, _ info: UnsafeMutablePointer<siginfo_t>?) {
        let saved = errno
        defer { errno = saved }
        if ending.contains(signal) { askedToEnd.store(true, ordering: .sequentiallyConsistent) }
        if signal == SIGTERM || signal == SIGQUIT { toldToTerminate.store(true, ordering: .sequentiallyConsistent) }
        let isForAll = info?.pointee.si_code == fromKernel
        // A hang-up is told to the leader of the session alone.
        let hasBeenTold = isForAll && !(signal == SIGHUP && leadsSession.load(ordering: .relaxed))
        guard !(hasBeenTold && child.load(ordering: .sequentiallyConsistent) > 0) else { return }
        pending.bitwiseOr(1 << UInt64(signal), ordering: .sequentiallyConsistent)
        deliver()
    }

    private static func deliver() {
        let pid = child.load(ordering: .sequentiallyConsistent)
        guard pid > 0 else { return }
        let bits = pending.exchange(0, ordering: .sequentiallyConsistent)
        var signal: Int32 = 1
        while signal < 64 {
            if bits & 1 << UInt64(signal) != 0 { Glibc.kill(pid, signal) }
            signal += 1
        }
    }
}
