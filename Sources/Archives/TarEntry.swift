/// A file, folder or link in a tar archive.
public struct TarEntry: Equatable, Sendable {
    /// What an entry is.
    public enum Kind: Equatable, Sendable {
        /// A file with bytes of its own.
        case file
        /// A folder.
        case folder
        /// Another name of an entry of the archive.
        case hardLink
        /// A reference by a relative path to what the archive may hold.
        case symbolicLink
    }

    /// The parts of its path, without `.`; none for the folder that everything is in.
    public let path: [String]
    /// What it is.
    public let kind: Kind
    /// The bytes that follow; 0 unless it is a file.
    public let size: Int
    /// The steps of the target of a link.
    let target: [String]

    /// - Parameter target: what a link names, as it is written in the archive.
    /// - Throws: `ArchiveError` where unpacking it could write outside the folder it is unpacked in, or where a link leads there.
    init(name: [UInt8], kind: Kind, size: Int, target: [UInt8] = []) throws(ArchiveError) {
        let parts = try Self.parts(name)
        guard !parts.contains("..") else {
            throw ArchiveError(.dangerous, "\(Self.shown(name)) leads out of the folder by ..")
        }
        path = parts
        self.kind = kind
        self.size = size
        self.target = kind == .hardLink || kind == .symbolicLink ? try Self.parts(target) : []
        guard kind == .folder || !path.isEmpty else { throw ArchiveError(.notTar, "a file has no name") }
        try checkTarget(name)
    }

    private func checkTarget(_ name: [UInt8]) throws(ArchiveError) {
        guard kind == .hardLink || kind == .symbolicLink else { return }
        let steps = target
        // The target of a hard link is a path of the archive, that of a symbolic link begins in the link's folder.
        let most = kind == .hardLink ? 0 : path.count - 1
        let up = steps.prefix { $0 == ".." }.count
        // After another step `..` could go up from where a second link leads.
        guard up <= most, !steps.dropFirst(up).contains("..") else {
            throw ArchiveError(.dangerous, "the link \(Self.shown(name)) leads out of the folder by ..")
        }
    }

    /// The parts of a relative path, without `.`.
    private static func parts(_ path: [UInt8]) throws(ArchiveError) -> [String] {
        // Not every system takes the backslash for a letter.
        let separators: Set<UInt8> = [UInt8(ascii: "/"), UInt8(ascii: "\\")]
        guard let first = path.first else {
            throw ArchiveError(.notTar, "an entry or the target of a link has no name")
        }
        guard !separators.contains(first), !hasDrive(path, separators) else {
            throw ArchiveError(.dangerous, "\(shown(path)) is an absolute path")
        }
        guard !path.contains(0) else { throw ArchiveError(.notTar, "the name of an entry has a NUL character") }
        let steps = path.split(whereSeparator: separators.contains).map { String(decoding: $0, as: UTF8.self) }
            .filter { $0 != "." }
        // Windows reads `c:..` as the folder above the present one of that drive.
        guard steps.first.map({ $0.utf8.count == 4 && $0.hasSuffix(":..") }) != true else {
            throw ArchiveError(.dangerous, "\(shown(path)) leads out of the folder by ..")
        }
        return steps
    }

    private static func shown(_ path: [UInt8]) -> String {
        String(decoding: path.prefix(80), as: UTF8.self).filter { !$0.isNewline && $0 != "\0" }
    }

    /// Whether a path begins as `C:/` does. `c:1.txt` is the name of a file.
    private static func hasDrive(_ path: [UInt8], _ separators: Set<UInt8>) -> Bool {
        path.count >= 2 && path[1] == UInt8(ascii: ":")
            && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(path[0] | 0x20)
            && (path.count == 2 || separators.contains(path[2]))
    }
}
