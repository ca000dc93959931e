internal import COpenSSL

/// Bytes that nobody may see: a key, a token. Immutable, in an allocation of their own that is wiped at the end, and
/// silent when printed.
///
/// `@unchecked Sendable`: the bytes are written in the initializer and wiped in `deinit`, and only read between.
public final class SecretBytes: @unchecked Sendable {
    private let storage: UnsafeMutableRawBufferPointer

    /// Bytes that a closure writes in place, so that no copy stays behind; they start as zeros.
    public init<Failure: Error>(
        count: Int,
        filledBy fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        storage = .allocate(byteCount: count, alignment: MemoryLayout<UInt64>.alignment)
        storage.initializeMemory(as: UInt8.self, repeating: 0)
        try fill(storage)
    }

    /// A copy of bytes. The original is the caller's, and is not wiped.
    public convenience init(_ bytes: some Collection<UInt8>) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    /// That many random bytes.
    public static func random(_ count: Int) -> SecretBytes {
        SecretBytes(count: count) { SecureRandom.fill($0) }
    }

    deinit {
        // A plain loop of zeros may be dropped by the optimizer; this may not.
        OPENSSL_cleanse(storage.baseAddress, storage.count)
        storage.deallocate()
    }

    /// The number of bytes.
    public var count: Int { storage.count }

    /// Lends the bytes; a copy made inside is the caller's to wipe.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(storage))
    }
}

extension SecretBytes: Equatable {
    /// Whether the bytes are equal, in constant time.
    public static func == (left: SecretBytes, right: SecretBytes) -> Bool {
        left.withUnsafeBytes { left in right.withUnsafeBytes { right in constantTimeEquals(left, right) } }
    }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Tells nothing.
    public var description: String { redacted }

    /// Tells nothing.
    public var debugDescription: String { redacted }

    /// Shows no parts.
    public var customMirror: Mirror { Mirror(self, unlabeledChildren: EmptyCollection<UInt8>()) }
}

/// What a secret prints instead of itself.
let redacted = "[redacted]"
