import Dispatch
import Glibc
import Storage

/// The Unix socket in the data folder at which a running server takes operations: one JSON line in, one JSON line out.
/// Before that line comes an empty one every second, to whoever asks for it: the operation is under way.
///
/// Who may connect is a matter of file permissions: the socket is its owner's alone.
enum ControlSocket {
    /// Both ends give up on a silent other one after this.
    static let timeout = timeval(tv_sec: 5, tv_usec: 0)
    /// The key of a request whose sender reads the empty lines.
    static let waits = "waits"
    /// The key of a refusal's exit code, so that a command ends with the same one whether or not a server runs.
    static let status = "status"
    /// The longest line.
    static let maximumLine = 1 << 20

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static func listen(_ folder: DataFolder) throws -> Int32 {
        try withAddress(folder) { address, length, path in
            unlink(path)
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { throw failure("open the control socket") }
            let mask = umask(0o177)
            defer { umask(mask) }
            guard bind(descriptor, address, length) == 0, Glibc.listen(descriptor, 16) == 0 else {
                let failure = failure("listen at the control socket")
                close(descriptor)
                throw failure
            }
            return descriptor
        }
    }

    static func connect(_ folder: DataFolder) throws -> Int32 {
        try withAddress(folder) { address, length, _ in
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { throw failure("open the control socket") }
            setTimeout(descriptor)
            guard Glibc.connect(descriptor, address, length) == 0 else {
                let failure = failure("reach the server that holds the folder")
                close(descriptor)
                throw failure
            }
            return descriptor
        }
    }

    static func setTimeout(_ descriptor: Int32) {
        var limit = timeout
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Runs what may wait for the other end on a thread of its own: a concurrent queue has those of Swift's executor.
    static func onThread(_ body: @escaping @Sendable () -> Void) {
        DispatchQueue(label: "control.line").async(execute: body)
    }

    /// The same for what has a result.
    static func offPool<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            onThread { continuation.resume(with: Result { try body() }) }
        }
    }

    /// Whether the other end is still there.
    static func isOpen(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) != 0
    }

    /// Says that the operation is under way; false: there is nobody any more. Waits for nothing.
    static func beat(_ descriptor: Int32) -> Bool {
        var line = UInt8(ascii: "\n")
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        return send(descriptor, &line, 1, flags) == 1 || errno == EAGAIN
    }

    /// The first line that is not empty. `accepted` is called when an empty one says that the operation is under way.
    static func readAnswer(_ descriptor: Int32, accepted: () -> Void) throws -> [UInt8] {
        while true {
            let line = try readLine(descriptor)
            if let start = line.firstIndex(where: { $0 != UInt8(ascii: "\n") }) { return Array(line[start...]) }
            accepted()
        }
    }

    static func readLine(_ descriptor: Int32) throws -> [UInt8] {
        var line: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while line.last != UInt8(ascii: "\n") {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0, line.count + count <= maximumLine else { throw failure("read from the control socket") }
            line += chunk[..<count]
        }
        return line
    }

    static func writeLine(_ descriptor: Int32, _ bytes: [UInt8]) throws {
        let line = bytes + [UInt8(ascii: "\n")]
        var written = 0
        while written < line.count {
            let count = line[written...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw failure("write to the control socket") }
            written += count
        }
    }

    /// A Unix socket's path has 107 bytes at most, a folder's may have more: so it is named through an open descriptor.
    private static func withAddress<Value>(
        _ folder: DataFolder, _ body: (UnsafePointer<sockaddr>, socklen_t, String) throws -> Value
    ) throws -> Value {
        let directory = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure("open the folder \(folder.path)") }
        defer { close(directory) }
        let path = "/proc/self/fd/\(directory)/\(folder.controlSocketName)"
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        return try withUnsafePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try body($0, socklen_t(MemoryLayout<sockaddr_un>.size), path)
            }
        }
    }

    private static func failure(_ action: String) -> Failure {
        Failure(description: "cannot \(action): \(String(cString: strerror(errno)))")
    }
}
