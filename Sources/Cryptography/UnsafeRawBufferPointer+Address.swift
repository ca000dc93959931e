extension UnsafeRawBufferPointer {
    /// The first byte's address. Never nil, because libcrypto takes nil for "not given" rather than for "empty".
    var address: UnsafePointer<UInt8> {
        guard let baseAddress else { return UnsafePointer(Self.empty) }
        return baseAddress.assumingMemoryBound(to: UInt8.self)
    }

    /// Never written, never freed; stands for the address of nothing.
    nonisolated(unsafe) private static let empty: UnsafeMutablePointer<UInt8> = {
        let byte = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
        byte.initialize(to: 0)
        return byte
    }()
}
