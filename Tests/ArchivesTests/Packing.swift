import CZlib

@testable import Archives

/// Makes archives, good ones and others.
enum Packing {
    /// A gzip member (RFC 1952) of these bytes.
    static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        var packed = [UInt8](repeating: 0, count: Int(compressBound(UInt(bytes.count))))
        var count = UInt(packed.count)
        compress2(&packed, &count, bytes, UInt(bytes.count), 9)
        // What zlib's own wrapping is around: two bytes before, four after.
        let deflated = packed[2..<(Int(count) - 4)]
        let sum = UInt32(crc32(0, bytes, UInt32(bytes.count)))
        return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255] + deflated + little(sum) + little(UInt32(bytes.count))
    }

    private static func little(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// A header block.
    static func header(
        _ name: String, size: Int = 0, type: Character = "0", prefix: String = "", magic: String = "ustar\u{0}00",
        sizeField: [UInt8]? = nil, target: String = ""
    ) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ bytes: [UInt8], at offset: Int) {
            block.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
        }
        put(Array(name.utf8), at: 0)
        put(Array("0000644\u{0}0000000\u{0}0000000\u{0}".utf8), at: 100)
        put(sizeField ?? octal(size, 11), at: 124)
        put(octal(0, 11), at: 136)
        put([type.asciiValue ?? 0], at: 156)
        put(Array(target.utf8), at: 157)
        put(Array(magic.utf8), at: 257)
        put(Array(prefix.utf8), at: 345)
        put(Array(repeating: UInt8(ascii: " "), count: 8), at: 148)
        put(octal(block.reduce(0) { $0 + Int($1) }, 6) + [0], at: 148)
        return block
    }

    private static func octal(_ value: Int, _ width: Int) -> [UInt8] {
        let digits = String(value, radix: 8)
        return Array((String(repeating: "0", count: width - digits.count) + digits).utf8)
    }

    static func file(_ name: String, _ content: String = "", type: Character = "0", prefix: String = "") -> [UInt8] {
        header(name, size: content.utf8.count, type: type, prefix: prefix) + padded(Array(content.utf8))
    }

    static func pax(_ records: [(String, String)], type: Character = "x") -> [UInt8] {
        let text = records.map { key, value in
            var length = key.utf8.count + value.utf8.count + 3
            length += String(length + String(length).count).count
            return "\(length) \(key)=\(value)\n"
        }
        return file("PaxHeaders", text.joined(), type: type)
    }

    static let end = [UInt8](repeating: 0, count: 1024)

    private static func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    }
}

/// Notes everything it is told.
struct Notes: TarVisitor {
    var entries: [TarEntry] = []
    var contents: [String] = []

    mutating func begin(_ entry: TarEntry) {
        entries.append(entry)
        contents.append("")
    }

    mutating func content(_ bytes: UnsafeRawBufferPointer) {
        contents[contents.count - 1] += String(decoding: bytes, as: UTF8.self)
    }
}

/// Reads an archive in pieces of that many bytes.
func read(_ archive: [UInt8], piece: Int = 1000) throws(ArchiveError) -> Notes {
    var reader = TarReader(Notes(), mostEntries: 100)
    var position = 0
    while position < archive.count {
        let part = Array(archive[position..<min(archive.count, position + piece)])
        try part.withUnsafeBytes { bytes in Result { () throws(ArchiveError) in try reader.read(bytes) } }.get()
        position += piece
    }
    try reader.finish()
    return reader.visitor
}

/// Inflates a stream in pieces of that many bytes.
func inflated(
    _ stream: [UInt8], piece: Int = 1000,
    limits: GzipReader.Limits = .init(maximumBytes: 1 << 24, maximumRatio: 2000, ratioFreeBytes: 0)
) throws(ArchiveError) -> [UInt8] {
    let reader = GzipReader(limits: limits)
    var result: [UInt8] = []
    var position = 0
    while position < stream.count {
        let part = Array(stream[position..<min(stream.count, position + piece)])
        try part.withUnsafeBytes { bytes in
            Result { () throws(ArchiveError) in try reader.read(bytes) { result += $0 } }
        }.get()
        position += piece
    }
    try reader.finish()
    return result
}

func isFailure(_ code: ArchiveError.Code) -> @Sendable (any Error) -> Bool { { ($0 as? ArchiveError)?.code == code } }
