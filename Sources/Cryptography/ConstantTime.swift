internal import COpenSSL

/// Whether two byte sequences are equal, in a time that depends on their lengths only.
public func constantTimeEquals(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
    left.withBytes { left in right.withBytes { right in constantTimeEquals(left, right) } }
}

/// Whether two strings have the same UTF-8, in a time that depends on their lengths only.
public func constantTimeEquals(_ left: String, _ right: String) -> Bool {
    constantTimeEquals(left.utf8, right.utf8)
}

/// Whether two digests are equal, in constant time.
public func constantTimeEquals(_ left: Digest, _ right: Digest) -> Bool {
    left.withUnsafeBytes { left in right.withUnsafeBytes { right in constantTimeEquals(left, right) } }
}

/// Whether two buffers are equal, in a time that depends on their lengths only.
public func constantTimeEquals(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left.address, right.address, left.count) == 0
}

extension Collection<UInt8> {
    /// Lends the bytes, copied only where they do not lie in one piece.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withContiguousStorageIfAvailable { body(UnsafeRawBufferPointer($0)) }
            ?? [UInt8](self).withUnsafeBytes { body($0) }
    }
}
