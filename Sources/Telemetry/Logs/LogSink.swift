import Glibc
import Synchronization

/// Takes the lines of the log, whole and one after the other.
public struct LogSink: Sendable {
    let write: @Sendable ([UInt8]) -> Void

    init(_ write: @escaping @Sendable ([UInt8]) -> Void) { self.write = write }

    /// The process's standard error.
    public static let standardError = LogSink(descriptor: STDERR_FILENO)

    init(descriptor: Int32) {
        let turn = Turn()
        self.init { line in turn.lock.withLock { _ in Self.writeAll(line, to: descriptor) } }
    }

    /// Lines longer than a pipe's buffer are written in parts, and must not mix.
    private final class Turn: Sendable {
        let lock = Mutex<Void>(())
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
        bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let count = Glibc.write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
                if count < 0 && errno == EINTR { continue }
                // Nobody reads the log any more, or not for now: the server goes on without it.
                guard count > 0 else { return }
                written += count
            }
        }
    }
}
