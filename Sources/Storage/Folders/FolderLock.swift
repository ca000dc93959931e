import Glibc

/// Keeps a second process off the folder: what a server holds in memory is true only while nobody else writes.
public final class FolderLock: Sendable {
    /// Who has the folder.
    public struct Held: Error, Equatable, CustomStringConvertible {
        /// The process that has it.
        public let owner: String
        /// A sentence that names it.
        public let description: String
    }

    private let descriptor: Int32

    /// Takes the folder, or says who has it. The lock goes with the process, however it ends.
    public init(_ folder: DataFolder) throws {
        let descriptor = open(folder.lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Files.Failure(action: "open", path: folder.lockPath, code: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            let bytes = (try? Files.read(folder.lockPath, limit: 200)) ?? []
            let words = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            let owner = words.first.map { "process \($0)" } ?? "another process"
            throw Held(
                owner: owner,
                description: "\(owner) is serving the folder \(folder.path) already: stop it, or choose another folder"
            )
        }
        self.descriptor = descriptor
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
            let failure = Files.Failure(action: "write", path: folder.lockPath, code: errno)
            close(descriptor)
            throw failure
        }
    }

    deinit { close(descriptor) }
}
