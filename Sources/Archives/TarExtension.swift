/// What extension headers say about the entry after them: pax (POSIX.1-2001) and GNU's long names.
struct TarExtension {
    private static let pax = UInt8(ascii: "x")
    private static let globalPax = UInt8(ascii: "g")
    private static let longName = UInt8(ascii: "L")
    private static let longTarget = UInt8(ascii: "K")

    /// The types of header that are no entries.
    static let types: Set<UInt8> = [pax, globalPax, longName, longTarget]

    private(set) var path: [UInt8]?
    /// What a link names.
    private(set) var target: [UInt8]?
    private(set) var size: Int?
    private(set) var isEmpty = true

    mutating func add(_ type: UInt8, _ bytes: [UInt8]) throws(ArchiveError) {
        switch type {
        case Self.longName:
            isEmpty = false
            path = Array(bytes.prefix { $0 != 0 })
        case Self.longTarget:
            isEmpty = false
            target = Array(bytes.prefix { $0 != 0 })
        case Self.globalPax:
            try Self.records(bytes) { key, _ throws(ArchiveError) in
                guard key != "path", key != "linkpath", key != "size", !key.hasPrefix("GNU.sparse") else {
                    throw ArchiveError(.dangerous, "the tar archive gives one \(key) to all its entries")
                }
            }
        default:
            isEmpty = false
            try Self.records(bytes) { key, value throws(ArchiveError) in
                switch key {
                case "path": path = Array(value)
                case "size":
                    guard let number = Int(String(decoding: value, as: UTF8.self)),
                        (0...TarHeader.largestSize).contains(number)
                    else {
                        throw ArchiveError(.notTar, "the tar archive has a size that is no number")
                    }
                    size = number
                case "linkpath": target = Array(value)
                case _ where key.hasPrefix("GNU.sparse"):
                    throw ArchiveError(.dangerous, "the tar archive has a sparse file: make it without --sparse")
                default: break
                }
            }
        }
    }

    /// Walks the records of a pax header: `length key=value\n`, the length that of the whole record.
    private static func records(
        _ bytes: [UInt8], _ use: (String, ArraySlice<UInt8>) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        let malformed = ArchiveError(.notTar, "an extended header of the tar archive is damaged")
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let blank = rest.firstIndex(of: UInt8(ascii: " ")),
                let length = Int(String(decoding: rest[..<blank], as: UTF8.self)),
                length > blank - rest.startIndex + 1, length <= rest.count
            else { throw malformed }
            let record = rest[(blank + 1)..<(rest.startIndex + length)]
            guard record.last == UInt8(ascii: "\n"), let equals = record.firstIndex(of: UInt8(ascii: "=")) else {
                throw malformed
            }
            try use(String(decoding: record[..<equals], as: UTF8.self), record[(equals + 1)...].dropLast())
            rest = rest[(rest.startIndex + length)...]
        }
    }
}
