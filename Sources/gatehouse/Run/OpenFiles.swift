import Glibc
import Storage

/// The files that are open in this process: whoever started it may have meant some for the content, ours are not.
enum OpenFiles {
    /// Those that a child process would get.
    static func inheritable() -> Set<Int32> {
        Set(all().filter { descriptor in fcntl(descriptor, F_GETFD) & FD_CLOEXEC == 0 })
    }

    static func closeOnExec(except kept: Set<Int32>) {
        for descriptor in all() where !kept.contains(descriptor) {
            let flags = fcntl(descriptor, F_GETFD)
            if flags >= 0 { _ = fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) }
        }
    }

    private static func all() -> [Int32] {
        ((try? Files.names(in: "/proc/self/fd")) ?? []).compactMap { Int32($0) }
    }
}
