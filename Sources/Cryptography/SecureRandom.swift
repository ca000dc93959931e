internal import COpenSSL

/// Random bytes from libcrypto's generator, which the kernel seeds.
public enum SecureRandom {
    /// That many random bytes. Ends the process when there is no randomness: nothing may go on without it.
    public static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            fill(UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count))
            initialized = count
        }
    }

    /// Fills a buffer with random bytes. Ends the process when there is no randomness.
    public static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        guard let address = buffer.baseAddress, !buffer.isEmpty else { return }
        // Unlike `preconditionFailure`, `fatalError` says its sentence in a release build too.
        guard let count = Int32(exactly: buffer.count), RAND_bytes(address, count) == 1 else {
            fatalError("libcrypto has no randomness; nothing here is safe without it.")
        }
    }
}
