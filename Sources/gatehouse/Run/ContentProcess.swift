import Cryptography
import Glibc
import Storage

/// The process of the content: started with this process's terminal, files and environment, and what is added to it.
struct ContentProcess {
    /// What is not for content: it gets a key of its own, and the token by its file.
    private static let withheld = [
        "GATEHOUSE_API_KEY", "GATEHOUSE_MASTER_KEY", "CONNECT_CONTENT_SESSION_TOKEN", "GATEHOUSE_TOKEN_REFRESH",
        "GATEHOUSE_KEY_CHECK",
    ]

    private let pid: pid_t

    /// Starts a command.
    ///
    /// - Parameters:
    ///   - words: the last words of this process's own command line, which are taken as they are, in whatever encoding.
    ///   - additions: variables; they take the place of those there are.
    init(words count: Int, additions: [(name: String, value: SecretString)], inherited: Set<Int32>) throws(RunFailure) {
        let arguments = CommandLine.unsafeArgv + (Int(CommandLine.argc) - count)
        guard count > 0, let program = arguments[0] else { throw RunFailure(.usage, "The command is missing.") }
        var environment = Self.environment(additions)
        defer { for entry in environment { free(entry) } }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        Self.restoreSignals(&attributes)
        OpenFiles.closeOnExec(except: inherited)
        var pid = pid_t()
        // What the content writes has the modes that it would have without us.
        umask(Process.inheritedMask)
        let code = posix_spawnp(&pid, program, nil, &attributes, arguments, &environment)
        umask(Process.ownMask)
        let name = String(cString: program)
        switch code {
        case 0: self.pid = pid
        case ENOENT, ENOTDIR:
            throw RunFailure(.notFound, "The command \(name) is not found: give its whole path, or install it.")
        default:
            throw RunFailure(
                .notExecutable, "The command \(name) cannot be started: \(String(cString: strerror(code))).")
        }
        SignalRelay.attach(pid)
    }

    /// Waits for the end; answers the exit code as shells have it: 128 and the signal's number where a signal ended it.
    func wait() async -> Int32 {
        await withCheckedContinuation { continuation in
            let waiting = Waiting(pid: pid, continuation: continuation)
            guard !waiting.start() else { return }
            // Without a thread of its own the wait blocks this one; nothing else is lost.
            waiting.run()
        }
    }

    /// This thread's mask and what we ignore are not the content's.
    private static func restoreSignals(_ attributes: inout posix_spawnattr_t) {
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var defaults = sigset_t()
        sigemptyset(&defaults)
        if !Process.inheritedIgnoresPipe { sigaddset(&defaults, SIGPIPE) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    }

    /// `NAME=value` texts in C's memory, nil at the end; entries that we inherited are copied byte by byte.
    private static func environment(
        _ additions: [(name: String, value: SecretString)]
    ) -> [UnsafeMutablePointer<CChar>?] {
        let replaced = Set(additions.map(\.name) + withheld)
        var entries: [UnsafeMutablePointer<CChar>?] = []
        for entry in Environment.entries {
            let name = String(decoding: entry.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
            if !replaced.contains(name) { entries.append(copy(entry)) }
        }
        for (name, value) in additions { entries.append(copy(Array("\(name)=\(value.reveal())".utf8))) }
        return entries + [nil]
    }

    private static func copy(_ bytes: [UInt8]) -> UnsafeMutablePointer<CChar>? {
        (bytes + [0]).withUnsafeBytes { $0.baseAddress.flatMap { strdup($0.assumingMemoryBound(to: CChar.self)) } }
    }

    /// A thread that waits for a process: a task's thread is one of few, and not to be blocked.
    private final class Waiting: Sendable {
        private let pid: pid_t
        private let continuation: CheckedContinuation<Int32, Never>

        init(pid: pid_t, continuation: CheckedContinuation<Int32, Never>) {
            self.pid = pid
            self.continuation = continuation
        }

        func start() -> Bool {
            var thread = pthread_t()
            let context = Unmanaged.passRetained(self)
            let code = pthread_create(
                &thread, nil,
                { context in
                    if let context { Unmanaged<Waiting>.fromOpaque(context).takeRetainedValue().run() }
                    return nil
                }, context.toOpaque())
            guard code == 0 else {
                context.release()
                return false
            }
            pthread_detach(thread)
            return true
        }

        func run() {
            var information = siginfo_t()
            // Left as it is until nobody sends it signals any more: then its number may go to another.
            while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
            SignalRelay.detach()
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7F
            continuation.resume(returning: signal == 0 ? status >> 8 & 0xFF : 128 + signal)
        }
    }
}
