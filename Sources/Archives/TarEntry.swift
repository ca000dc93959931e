/// A file or folder in a tar archive.
public struct TarEntry: Equatable, Sendable {
    /// The parts of its path, without `.`; none for the folder that everything is in.
    public let path: [String]
    /// Whether it is a folder.
    public let isFolder: Bool
    /// The bytes that follow; 0 for a folder.
    public let size: Int

    /// - Throws: `ArchiveError` where unpacking it could write outside the folder it is unpacked in.
    init(name: [UInt8], isFolder: Bool, size: Int) throws(ArchiveError) {
        // Not every system takes the backslash for a letter.
        let separators: Set<UInt8> = [UInt8(ascii: "/"), UInt8(ascii: "\\")]
        let shown = String(decoding: name.prefix(80), as: UTF8.self).filter { !$0.isNewline && $0 != "\0" }
        guard let first = name.first else { throw ArchiveError(.notTar, "an entry has no name") }
        guard !separators.contains(first), !Self.hasDrive(name) else {
            throw ArchiveError(.dangerous, "\(shown) is an absolute path")
        }
        guard !name.contains(0) else { throw ArchiveError(.notTar, "the name of an entry has a NUL character") }
        let parts = name.split(whereSeparator: separators.contains).map { String(decoding: $0, as: UTF8.self) }
        guard !parts.contains("..") else {
            throw ArchiveError(.dangerous, "\(shown) leads out of the folder by ..")
        }
        path = parts.filter { $0 != "." }
        self.isFolder = isFolder
        self.size = size
        guard isFolder || !path.isEmpty else { throw ArchiveError(.notTar, "a file has no name") }
    }

    /// Whether a path begins as `C:` does.
    private static func hasDrive(_ name: [UInt8]) -> Bool {
        name.count >= 2 && name[1] == UInt8(ascii: ":")
            && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(name[0] | 0x20)
    }
}
