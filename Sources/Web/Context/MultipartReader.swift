import Accounts
import Glibc

/// Told what a form holds, in its order.
protocol MultipartVisitor {
    /// A part begins; nil where it has no name.
    mutating func begin(_ name: String?) throws(Refusal)
    /// The next bytes of the part that has begun.
    mutating func content(_ bytes: UnsafeRawBufferPointer) throws(Refusal)
}

/// Reads `multipart/form-data` (RFC 7578) as it arrives, and keeps no part of it in memory.
struct MultipartReader<Visitor: MultipartVisitor> {
    private enum State {
        /// Before the first boundary.
        case preamble
        /// After a boundary: either the end, or the headers of a part.
        case boundary
        case headers
        case content
        case ended
    }

    private static var largestHeaders: Int { 16 * 1024 }
    private static var mostParts: Int { 16 }
    /// Before the first part and after the last one, in bytes. Nobody looks at them, and they must not go on for ever.
    private static var mostIgnored: Int { 64 * 1024 }
    /// RFC 2046, section 5.1.1.
    private static var longestBoundary: Int { 70 }

    private(set) var visitor: Visitor
    private var state = State.preamble
    private var parts = 0
    private var ignored = 0
    /// What could be the beginning of a boundary, or is not a whole line yet.
    private var pending: [UInt8]
    /// A line break and the boundary: what ends a part.
    private let delimiter: [UInt8]

    /// - Throws: `Refusal` where the content type names no boundary.
    init(contentType: String, _ visitor: Visitor) throws(Refusal) {
        guard let boundary = Self.parameter("boundary", of: contentType),
            (1...Self.longestBoundary).contains(boundary.utf8.count)
        else { throw Self.unreadable }
        delimiter = Array("\r\n--\(boundary)".utf8)
        self.visitor = visitor
        // The first boundary stands at the beginning of the body, or of a line.
        pending = [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
    }

    /// Reads the next bytes of the body.
    mutating func read(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
        pending += bytes
        let work = pending
        let used = try work.withUnsafeBytes { bytes in
            Result { () throws(Refusal) in try consume(bytes) }
        }.get()
        pending.removeFirst(used)
    }

    /// The body has ended: makes sure that it was whole.
    func finish() throws(Refusal) {
        guard case .ended = state else { throw Self.unreadable }
    }

    /// - Returns: how many bytes are done with.
    private mutating func consume(_ bytes: UnsafeRawBufferPointer) throws(Refusal) -> Int {
        var position = 0
        while position < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            switch state {
            case .preamble, .content:
                let found = Self.find(delimiter, in: rest)
                // The last bytes may be the first of a boundary.
                let count = found ?? max(0, rest.count - delimiter.count + 1)
                if case .content = state, count > 0 {
                    try visitor.content(UnsafeRawBufferPointer(rebasing: rest[..<count]))
                } else {
                    try ignore(count)
                }
                position += count
                guard found != nil else { return position }
                position += delimiter.count
                state = .boundary
            case .boundary:
                guard rest.count >= 2 else { return position }
                position += 2
                if rest[0] == UInt8(ascii: "-"), rest[1] == UInt8(ascii: "-") {
                    state = .ended
                } else if rest[0] == UInt8(ascii: "\r"), rest[1] == UInt8(ascii: "\n") {
                    state = .headers
                } else {
                    throw Self.unreadable
                }
            case .headers:
                let end = Array("\r\n\r\n".utf8)
                guard let length = Self.find(end, in: rest) else {
                    guard rest.count <= Self.largestHeaders else { throw Self.unreadable }
                    return position
                }
                parts += 1
                guard length <= Self.largestHeaders, parts <= Self.mostParts else { throw Self.unreadable }
                try visitor.begin(Self.name(in: String(decoding: rest[..<length], as: UTF8.self)))
                position += length + end.count
                state = .content
            case .ended:
                try ignore(rest.count)
                return bytes.count
            }
        }
        return position
    }

    private mutating func ignore(_ count: Int) throws(Refusal) {
        ignored += count
        guard ignored <= Self.mostIgnored else { throw Self.unreadable }
    }

    private static func find(_ needle: [UInt8], in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let start = bytes.baseAddress, let first = needle.first else { return nil }
        var position = 0
        // The C library's search is many times faster than a loop, and archives are large.
        while position + needle.count <= bytes.count,
            let found = memchr(start + position, Int32(first), bytes.count - position)
        {
            position = start.distance(to: UnsafeRawPointer(found))
            guard position + needle.count <= bytes.count else { return nil }
            if memcmp(start + position, needle, needle.count) == 0 { return position }
            position += 1
        }
        return nil
    }

    private static func name(in headers: String) -> String? {
        for line in headers.split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            if line[..<colon].lowercased() == "content-disposition" {
                return parameter("name", of: String(line[line.index(after: colon)...]))
            }
        }
        return nil
    }

    /// The value of a parameter: `; name=value` or `; name="value"`.
    private static func parameter(_ name: String, of header: String) -> String? {
        for part in header.split(separator: ";").dropFirst() {
            let words = part.split(separator: "=", maxSplits: 1)
            guard words.count == 2, words[0].filter({ !$0.isWhitespace }).lowercased() == name else { continue }
            let value = String(words[1]).trimmed
            return value.hasPrefix("\"") && value.hasSuffix("\"") && value.count >= 2
                ? String(value.dropFirst().dropLast()) : value
        }
        return nil
    }

    private static var unreadable: Refusal {
        Refusal(
            .formUnreadable, "The form cannot be read: it must be multipart/form-data with its boundary, and whole.")
    }
}
