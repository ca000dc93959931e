import Glibc

/// The few file operations that the rooms need, each with its durability spelled out.
public enum Files {
    /// Why a file operation failed: what was tried, on which file, and the system's word for it.
    public struct Failure: Error, CustomStringConvertible {
        let action: String
        let path: String
        /// The system's number of the error.
        public let code: Int32

        /// The sentence.
        public var description: String { "cannot \(action) \(path): \(String(cString: strerror(code)))" }
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Whether there is a folder of that name.
    public static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func isRegular(_ descriptor: Int32) -> Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// How many bytes a file system has, and how many of them may still be used; nil where it does not say.
    static func space(at path: String) -> (total: Int, free: Int)? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let unit = Int(status.f_frsize)
        return (Int(status.f_blocks) * unit, Int(status.f_bavail) * unit)
    }

    static func mode(_ path: String) throws(Failure) -> mode_t {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Failure(action: "look at", path: path, code: errno) }
        return status.st_mode & 0o777
    }

    /// The groups of this process.
    static func processGroups() -> Set<gid_t> {
        var groups = [gid_t](repeating: 0, count: max(0, Int(getgroups(0, nil))))
        let count = getgroups(Int32(groups.count), &groups)
        return Set(groups.prefix(max(0, Int(count)))).union([getegid()])
    }

    /// Whether a file belongs to root and to one of these groups.
    static func isRoots(_ path: String, andOfAGroupOf groups: Set<gid_t>) throws(Failure) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Failure(action: "look at", path: path, code: errno) }
        return status.st_uid == 0 && groups.contains(status.st_gid)
    }

    /// How long ago a file's bytes were written last.
    static func secondsSinceChange(_ path: String) throws(Failure) -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Failure(action: "look at", path: path, code: errno) }
        return time(nil) - status.st_mtim.tv_sec
    }

    /// The bytes of a file, up to a limit.
    public static func read(_ path: String, limit: Int = 1 << 20) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(action: "open", path: path, code: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while bytes.count < limit {
            let count = Glibc.read(descriptor, &chunk, min(chunk.count, limit - bytes.count))
            guard count >= 0 else { throw Failure(action: "read", path: path, code: errno) }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes
    }

    /// Replaces a file so that after a crash either the old or the new content is there, whole.
    public static func replace(_ path: String, with bytes: [UInt8], mode: UInt32 = 0o600) throws(Failure) {
        let temporary = path + ".new"
        // A crash may have left this file, and somebody else may have put a link here: neither is written to.
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Failure(action: "write", path: temporary, code: errno) }
        do throws(Failure) {
            defer { close(descriptor) }
            var written = 0
            while written < bytes.count {
                let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                guard count > 0 else { throw Failure(action: "write", path: temporary, code: errno) }
                written += count
            }
            guard fsync(descriptor) == 0 else { throw Failure(action: "write", path: temporary, code: errno) }
        } catch {
            unlink(temporary)
            throw error
        }
        try rename(temporary, to: path)
    }

    static func rename(_ path: String, to target: String) throws(Failure) {
        guard Glibc.rename(path, target) == 0 else { throw Failure(action: "rename", path: path, code: errno) }
        try synchronizeDirectory(of: target)
    }

    /// Makes a folder, 0700, unless it is there.
    public static func createDirectory(_ path: String) throws(Failure) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw Failure(action: "create", path: path, code: errno)
        }
    }

    /// The names of what lies in a folder.
    public static func names(in directory: String) throws(Failure) -> [String] {
        guard let handle = opendir(directory) else { throw Failure(action: "list", path: directory, code: errno) }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    static func remove(_ path: String) throws(Failure) {
        guard unlink(path) == 0 || errno == ENOENT else { throw Failure(action: "remove", path: path, code: errno) }
    }

    /// Removes a folder with all that is in it; a link goes, and what it points to stays.
    public static func removeFolder(_ path: String) throws(Failure) {
        for name in try names(in: path) {
            let entry = "\(path)/\(name)"
            if isRealDirectory(entry) { try removeFolder(entry) } else { try remove(entry) }
        }
        guard rmdir(path) == 0 || errno == ENOENT else { throw Failure(action: "remove", path: path, code: errno) }
    }

    private static func isRealDirectory(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Checks, without writing, that a file or folder could be made at a path.
    public static func requireRoom(for path: String) throws(Failure) {
        let parent = folder(of: path)
        guard isDirectory(parent) else { throw Failure(action: "create", path: path, code: ENOENT) }
        guard access(parent, W_OK | X_OK) == 0 else { throw Failure(action: "create", path: path, code: errno) }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func synchronizeDirectory(of path: String) throws(Failure) {
        let directory = folder(of: path)
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(action: "open", path: directory, code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Failure(action: "write", path: directory, code: errno) }
    }
}
