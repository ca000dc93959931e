/// Told what a tar archive holds, in its order.
public protocol TarVisitor {
    /// A file or folder begins.
    mutating func begin(_ entry: TarEntry) throws(ArchiveError)
    /// The next bytes of the file that has begun.
    mutating func content(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError)
}

/// Reads a tar archive as it arrives; writes nothing anywhere.
///
/// Files and folders with harmless paths are all that it accepts: links of both kinds, devices, pipes and whatever it does
/// not know are refused, because what they do shows only where they are unpacked.
public struct TarReader<Visitor: TarVisitor> {
    private enum State {
        /// A header is to come; the bytes of it so far.
        case header
        /// So many bytes of a file are to come, then so many of padding.
        case content(Int, padding: Int)
        /// An extension of the next header: its type, and so many bytes that are to come.
        case extended(UInt8, Int, padding: Int)
        case padding(Int)
        /// After the end: only zeros.
        case ended
    }

    /// Extensions hold a path and a few numbers.
    private static var largestExtension: Int { 64 * 1024 }

    /// Who is told.
    public private(set) var visitor: Visitor
    private var state = State.header
    private var pending: [UInt8] = []
    private var overrides = TarExtension()
    private let mostEntries: Int
    private var headers = 0
    private var entries = 0

    /// A reader at the beginning of an archive.
    ///
    /// - Parameter mostEntries: how many files and folders it may hold.
    public init(_ visitor: Visitor, mostEntries: Int) {
        self.visitor = visitor
        self.mostEntries = mostEntries
    }

    /// Reads the next bytes of the archive.
    public mutating func read(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            switch state {
            case .header: try readHeader(&rest)
            case .content(let count, let padding):
                let part = rest.prefix(count)
                try visitor.content(UnsafeRawBufferPointer(rebasing: part))
                rest = rest.dropFirst(part.count)
                state = part.count == count ? Self.skip(padding) : .content(count - part.count, padding: padding)
            case .extended(let type, let count, let padding):
                let part = rest.prefix(count)
                pending += part
                rest = rest.dropFirst(part.count)
                guard part.count == count else {
                    state = .extended(type, count - part.count, padding: padding)
                    break
                }
                try overrides.add(type, pending)
                pending = []
                state = Self.skip(padding)
            case .padding(let count):
                let part = rest.prefix(count)
                rest = rest.dropFirst(part.count)
                state = Self.skip(count - part.count)
            case .ended:
                guard rest.allSatisfy({ $0 == 0 }) else {
                    throw ArchiveError(.notTar, "something follows the end of the tar archive")
                }
                return
            }
        }
    }

    /// The archive has ended: makes sure that it was whole.
    public func finish() throws(ArchiveError) {
        switch state {
        case .ended: break
        case .header where pending.isEmpty && overrides.isEmpty: break
        default: throw ArchiveError(.truncated, "the tar archive ends too early")
        }
        guard entries > 0 else { throw ArchiveError(.notTar, "the tar archive is empty") }
    }

    private mutating func readHeader(_ rest: inout Slice<UnsafeRawBufferPointer>) throws(ArchiveError) {
        let part = rest.prefix(TarHeader.length - pending.count)
        pending += part
        rest = rest.dropFirst(part.count)
        guard pending.count == TarHeader.length else { return }
        let block = pending
        pending = []
        try block.withUnsafeBytes { bytes in Result { () throws(ArchiveError) in try take(bytes) } }.get()
    }

    private mutating func take(_ block: UnsafeRawBufferPointer) throws(ArchiveError) {
        guard !TarHeader.isZero(block) else {
            guard overrides.isEmpty else { throw ArchiveError(.truncated, "the tar archive ends too early") }
            state = .ended
            return
        }
        headers += 1
        // An entry can have a header for its long name and one for its times beside its own.
        guard headers <= 3 * mostEntries else {
            throw ArchiveError(.tooLarge, "it holds more than \(mostEntries) files and folders")
        }
        let header = try TarHeader(block)
        let type = header.type
        if TarExtension.types.contains(type) {
            guard header.size <= Self.largestExtension else {
                throw ArchiveError(.tooLarge, "the tar archive has a path that is too long")
            }
            state = .extended(type, header.size, padding: Self.padding(header.size))
            if header.size == 0 { state = .header }
            return
        }
        let name = overrides.path ?? header.name
        let isFolder = type == UInt8(ascii: "5") || Self.isFile(type) && name.last == UInt8(ascii: "/")
        guard isFolder || Self.isFile(type) else {
            let shown = String(decoding: name.prefix(80), as: UTF8.self)
            throw ArchiveError(.dangerous, "\(shown) is a link, a device or another special file")
        }
        let size = isFolder ? 0 : overrides.size ?? header.size
        // Programs do not agree on whether such bytes are there: refuse to guess.
        guard !isFolder || (overrides.size ?? header.size) == 0 else {
            throw ArchiveError(.notTar, "a folder of the tar archive has content")
        }
        overrides = TarExtension()
        entries += 1
        guard entries <= mostEntries else {
            throw ArchiveError(.tooLarge, "it holds more than \(mostEntries) files and folders")
        }
        try visitor.begin(try TarEntry(name: name, isFolder: isFolder, size: size))
        state = size == 0 ? .header : .content(size, padding: Self.padding(size))
    }

    private static func isFile(_ type: UInt8) -> Bool {
        type == 0 || type == UInt8(ascii: "0") || type == UInt8(ascii: "7")
    }

    private static func padding(_ size: Int) -> Int {
        (TarHeader.length - size % TarHeader.length) % TarHeader.length
    }

    private static func skip(_ count: Int) -> State { count == 0 ? .header : .padding(count) }
}
