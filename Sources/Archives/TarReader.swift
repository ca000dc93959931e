/// Told what a tar archive holds, in its order.
public protocol TarVisitor {
    /// A file or folder begins.
    mutating func begin(_ entry: TarEntry) throws(ArchiveError)
    /// The next bytes of the file that has begun.
    mutating func content(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError)
}

/// Reads a tar archive as it arrives; writes nothing anywhere.
///
/// It accepts files and folders with harmless paths, and links that stay within the archive. Devices, pipes and whatever it does
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

    /// How many folders there may be on the way to an entry of an archive with links.
    private static var deepest: Int { 256 }
    /// How long such a way may be, in bytes: `PATH_MAX` of Linux.
    private static var longestWay: Int { 4096 }
    /// How long the paths of all symbolic links may be together, in bytes: they are kept in memory.
    private static var mostLinkBytes: Int { 2 * 1024 * 1024 }
    /// Extensions hold a path and a few numbers.
    private static var largestExtension: Int { 64 * 1024 }

    /// Who is told.
    public private(set) var visitor: Visitor
    private var state = State.header
    private var pending: [UInt8] = []
    private var overrides = TarExtension()
    /// The paths of the symbolic links so far, joined by slashes.
    private var links: Set<String> = []
    private var linkBytes = 0
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
        guard let kind = Self.kind(type, name) else {
            let shown = String(decoding: name.prefix(80), as: UTF8.self)
            throw ArchiveError(.dangerous, "\(shown) is a device or another special file")
        }
        let size = overrides.size ?? header.size
        // Programs do not agree on whether such bytes are there: refuse to guess.
        guard kind == .file || size == 0 else {
            throw ArchiveError(.notTar, "a folder or a link of the tar archive has content")
        }
        let isLink = kind == .hardLink || kind == .symbolicLink
        guard isLink || overrides.target == nil else {
            throw ArchiveError(.dangerous, "a file of the tar archive has the target of a link")
        }
        let entry = try TarEntry(name: name, kind: kind, size: size, target: overrides.target ?? header.target)
        overrides = TarExtension()
        entries += 1
        guard entries <= mostEntries else {
            throw ArchiveError(.tooLarge, "it holds more than \(mostEntries) files and folders")
        }
        try checkLinks(entry)
        try visitor.begin(entry)
        state = size == 0 ? .header : .content(size, padding: Self.padding(size))
    }

    /// Refuses an entry behind a symbolic link. Refuses a hard link to a symbolic link, too: the link would have another target
    /// in another folder.
    private mutating func checkLinks(_ entry: TarEntry) throws(ArchiveError) {
        guard entry.kind == .symbolicLink || !links.isEmpty else { return }
        try checkWay(entry.path.dropLast())
        if entry.kind == .hardLink { try checkWay(entry.target[...]) }
        guard entry.kind == .symbolicLink else { return }
        // Names that differ in their case alone are one file on some systems.
        let path = entry.path.joined(separator: "/").lowercased()
        linkBytes += path.utf8.count
        guard linkBytes <= Self.mostLinkBytes else {
            throw ArchiveError(.tooLarge, "the paths of its links are longer than 2 MiB together")
        }
        links.insert(path)
    }

    private func checkWay(_ steps: ArraySlice<String>) throws(ArchiveError) {
        // The names of all folders on the way would otherwise be made from a path of 64 KiB.
        guard steps.count <= Self.deepest, steps.reduce(0, { $0 + $1.utf8.count + 1 }) <= Self.longestWay else {
            throw ArchiveError(
                .tooLarge, "it has links, and paths deeper than \(Self.deepest) folders or longer than 4 KiB")
        }
        var way = ""
        for step in steps {
            way += (way.isEmpty ? "" : "/") + step.lowercased()
            guard !links.contains(way) else {
                throw ArchiveError(.dangerous, "something is in \(way.prefix(80)), which is a link")
            }
        }
    }

    private static func kind(_ type: UInt8, _ name: [UInt8]) -> TarEntry.Kind? {
        switch type {
        case UInt8(ascii: "1"): .hardLink
        case UInt8(ascii: "2"): .symbolicLink
        case UInt8(ascii: "5"): .folder
        case _ where isFile(type): name.last == UInt8(ascii: "/") ? .folder : .file
        default: nil
        }
    }

    private static func isFile(_ type: UInt8) -> Bool {
        type == 0 || type == UInt8(ascii: "0") || type == UInt8(ascii: "7")
    }

    private static func padding(_ size: Int) -> Int {
        (TarHeader.length - size % TarHeader.length) % TarHeader.length
    }

    private static func skip(_ count: Int) -> State { count == 0 ? .header : .padding(count) }
}
