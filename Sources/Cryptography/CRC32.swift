/// The check sum of IEEE 802.3 (reflected polynomial 0xEDB88320). Finds typing and copying mistakes; proves nothing.
public enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in
            value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1
        }
    }

    /// The check sum of bytes.
    public static func checksum(_ bytes: some Collection<UInt8>) -> UInt32 {
        bytes.withBytes { checksum($0) }
    }

    /// The check sum of bytes in place.
    public static func checksum(_ buffer: UnsafeRawBufferPointer) -> UInt32 {
        let table = table
        var value = UInt32.max
        for byte in buffer {
            value = value >> 8 ^ table[Int(UInt8(truncatingIfNeeded: value) ^ byte)]
        }
        return ~value
    }
}
