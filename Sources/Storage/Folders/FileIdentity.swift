import Glibc

/// Which file it is, whatever its name: whether a path still leads to the one that is open.
struct FileIdentity: Equatable, Sendable {
    private let device: dev_t
    private let node: ino_t

    /// The file that a path leads to; nil where there is none, or it cannot be told.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        (device, node) = (status.st_dev, status.st_ino)
    }

    /// The file that is open.
    init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        (device, node) = (status.st_dev, status.st_ino)
    }
}
