import Glibc
import Synchronization

/// Keeps a second process off the folder: what a server holds in memory is true only while nobody else writes.
public final class FolderLock: Sendable {
    /// Who has the folder.
    public struct Held: Error, Equatable, CustomStringConvertible {
        /// The process that has it.
        public let owner: String
        /// A sentence that names it.
        public let description: String
    }

    private struct State {
        var descriptor: Int32
        var identity: FileIdentity
        var loss: String?
    }

    /// A file that is removed again and again by somebody else is not waited for.
    private static let attempts = 100

    private let path: String
    private let state: Mutex<State>

    /// Takes the folder, or says who has it. The lock goes with the process, however it ends.
    public init(_ folder: DataFolder) throws {
        path = folder.lockPath
        let (descriptor, identity) = try Self.take(folder.lockPath, O_CREAT)
        state = Mutex(State(descriptor: descriptor, identity: identity))
    }

    deinit { state.withLock { _ = close($0.descriptor) } }

    /// Why the folder is not this process's any more, in a sentence; nil: it is. Costs one look at the file's name.
    ///
    /// A lock is on a file, not on its name: who removes the file lets another process lock a new one. While there is no
    /// other, it is taken again; from the moment that there is one, what this process remembers may be wrong for good.
    public func loss() -> String? {
        state.withLock { state in
            if let loss = state.loss { return loss }
            let now = FileIdentity(path: path)
            guard now != state.identity else { return nil }
            let words = "the lock file of the data folder was removed or replaced"
            guard now == nil, let (descriptor, identity) = try? Self.take(path, O_CREAT | O_EXCL) else {
                // Without a descriptor to spare nothing is known yet.
                if now == nil, !Files.exists(path) { return "\(words), and cannot be made again for now" }
                let loss = "\(words), and another process may have written here: restart this server"
                state.loss = loss
                return loss
            }
            close(state.descriptor)
            (state.descriptor, state.identity) = (descriptor, identity)
            return nil
        }
    }

    /// Who holds the lock at a path; nil: nobody. Looks for a moment, and writes nothing.
    static func owner(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | careful)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) == 0 ? nil : held(path).owner
    }

    private static func take(_ path: String, _ flags: Int32) throws -> (Int32, FileIdentity) {
        for _ in 0..<attempts {
            let descriptor = open(path, O_RDWR | O_CLOEXEC | careful | flags, 0o600)
            guard descriptor >= 0 else { throw Files.Failure(action: "open", path: path, code: errno) }
            guard Files.isRegular(descriptor) else {
                close(descriptor)
                throw Files.Failure(action: "use as a lock", path: path, code: EINVAL)
            }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                close(descriptor)
                throw held(path)
            }
            // The file may be removed between open and flock. A lock on an unlinked file excludes nobody, so try again.
            guard let identity = FileIdentity(descriptor: descriptor), identity == FileIdentity(path: path) else {
                close(descriptor)
                continue
            }
            let text = Array("\(getpid())\n".utf8)
            guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
                let failure = Files.Failure(action: "write", path: path, code: errno)
                close(descriptor)
                throw failure
            }
            return (descriptor, identity)
        }
        throw Files.Failure(action: "lock", path: path, code: ESTALE)
    }

    /// The folder may be somebody else's: a link is not followed to a file of ours, and a pipe is not waited for.
    private static let careful = O_NOFOLLOW | O_NONBLOCK

    /// The number of the process that wrote the file.
    private static func number(in path: String) -> Int? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | careful)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 20)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return Int(String(decoding: bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }

    private static func held(_ path: String) -> Held {
        let owner = number(in: path).map { "process \($0)" } ?? "another process"
        let folder = path.dropLast(path.reversed().prefix { $0 != "/" }.count + 1)
        return Held(
            owner: owner,
            description: "\(owner) is serving the folder \(folder) already: stop it, or choose another folder"
        )
    }
}
