import Cryptography
import Dispatch
import Glibc

/// A bundle that is arriving: a file that is nobody's yet, and goes with this object unless it gets a place.
public final class BundleUpload: Sendable {
    let path: String
    private let folder: String
    private let descriptor: Int32
    /// Brings a thread of its own, which waits for the disk.
    private let queue = DispatchQueue(label: "gatehouse.bundle")

    init(folder: String) throws(Files.Failure) {
        self.folder = folder
        path = "\(folder)/\(Hex.encode(SecureRandom.bytes(16)))"
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Files.Failure(action: "write", path: path, code: errno) }
    }

    deinit {
        close(descriptor)
        // Where it got a place it has another name by now.
        unlink(path)
    }

    /// Adds the next bytes.
    ///
    /// - Throws: `StoreError` `diskNearlyFull` as soon as too little would be left for everything else; `cannotWrite`.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        // The disk is asked each time: other uploads fill it at the same time.
        try BundleFiles.requireSpace(for: bytes.count, at: folder)
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            guard count > 0 else { throw failure(errno) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Removes the file, unless it got a place among the bundles.
    public func discard() { unlink(path) }

    /// Waits until every byte is on disk. A large file takes a while: no thread that others need waits for it.
    public func synchronize() async throws(StoreError) {
        let descriptor = descriptor
        let code: Int32 = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: fsync(descriptor) == 0 ? 0 : errno) }
        }
        guard code == 0 else { throw failure(code) }
    }

    private func failure(_ code: Int32) -> StoreError {
        StoreError(.cannotWrite, Files.Failure(action: "write", path: path, code: code).description)
    }
}

/// The bytes of a bundle, for reading. Whoever holds it can read on when the bundle is removed meanwhile.
public final class BundleFile: Sendable {
    /// How many bytes there are.
    public let size: Int
    private let descriptor: Int32

    init(path: String) throws(Files.Failure) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Files.Failure(action: "open", path: path, code: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw Files.Failure(action: "look at", path: path, code: code)
        }
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// So many bytes from a place; fewer at the end of the file.
    public func read(at offset: Int, maximum: Int) throws(StoreError) -> [UInt8] {
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: maximum) { buffer, initialized in
            let count = pread(descriptor, buffer.baseAddress, maximum, off_t(offset))
            if count < 0 { code = errno }
            initialized = max(0, count)
        }
        guard code == 0 else {
            throw StoreError(.failed, "a bundle cannot be read: \(String(cString: strerror(code)))")
        }
        return bytes
    }
}
