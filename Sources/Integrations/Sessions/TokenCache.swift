/// Sealed tokens in memory by their holders, bounded in count and in bytes: beyond that all are forgotten and learned anew.
///
/// A token can have 128 KiB, so a count alone bounds nothing.
struct TokenCache<Value> {
    private let maximumCount: Int
    private let maximumBytes: Int
    private var values: [SessionKey: (value: Value, bytes: Int)] = [:]
    private(set) var bytes = 0

    init(maximumCount: Int, maximumBytes: Int = 32 << 20) {
        self.maximumCount = maximumCount
        self.maximumBytes = maximumBytes
    }

    var count: Int { values.count }

    subscript(_ key: SessionKey) -> Value? { values[key]?.value }

    /// Keeps a value; `bytes` is the length of its token.
    mutating func keep(_ value: Value, bytes: Int, for key: SessionKey) {
        forget(key)
        if values.count >= maximumCount || self.bytes + bytes > maximumBytes {
            values.removeAll(keepingCapacity: true)
            self.bytes = 0
        }
        values[key] = (value, bytes)
        self.bytes += bytes
    }

    mutating func forget(_ key: SessionKey) {
        if let known = values.removeValue(forKey: key) { bytes -= known.bytes }
    }
}
