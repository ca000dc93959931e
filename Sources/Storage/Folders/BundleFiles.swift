import Glibc

/// The archives of an account's bundles: one file each, in a folder for each content.
///
/// A file without a row means nothing and is swept away when the account is opened; a row without its file cannot be,
/// because the file has its name on disk before the row is committed.
struct BundleFiles: Sendable {
    /// The folder of the account's bundles; made when it is first needed.
    let path: String

    private static let incoming = ".incoming"
    private static let suffix = ".tar.gz"
    /// One byte in so many of the disk is kept free of bundles, and never more than the next.
    private static let keptPart = 20
    private static let largestKept = 1 << 30

    /// A file for an upload, without a place among the bundles yet.
    func begin() throws(Files.Failure) -> BundleUpload {
        try make(path)
        try make("\(path)/\(Self.incoming)")
        return try BundleUpload(folder: "\(path)/\(Self.incoming)")
    }

    /// - Throws: `StoreError` `diskNearlyFull` where another bundle would leave too little for everything else.
    func requireSpace() throws(StoreError) {
        // The folder is made with the first bundle; the account's own is on the same disk.
        try Self.requireSpace(for: 0, at: Files.exists(path) ? path : "\(path)/..")
    }

    /// Makes sure that bundles leave room for what must go on: refreshed tokens, sign-ins, the audit.
    static func requireSpace(for bytes: Int, at path: String) throws(StoreError) {
        // A disk that does not say is no reason to refuse: the write itself shows whether it has room.
        guard let space = Files.space(at: path) else { return }
        guard space.free - bytes >= min(space.total / keptPart, largestKept) else {
            throw StoreError(.diskNearlyFull, "the disk is nearly full: no bundles are taken")
        }
    }

    /// A folder that is there is on disk, too.
    private func make(_ folder: String) throws(Files.Failure) {
        guard !Files.exists(folder) else { return }
        try Files.createDirectory(folder)
        try Files.synchronizeDirectory(of: folder)
    }

    /// Gives an upload its name. Whatever had it was left by a transaction that never was.
    func place(_ upload: BundleUpload, as id: Int64, of content: GUID) throws(Files.Failure) {
        let folder = "\(path)/\(content)"
        try make(folder)
        try Files.rename(upload.path, to: file(id, of: content))
    }

    func open(_ id: Int64, of content: GUID) throws(Files.Failure) -> BundleFile {
        try BundleFile(path: file(id, of: content))
    }

    func remove(_ id: Int64, of content: GUID) throws(Files.Failure) { try Files.remove(file(id, of: content)) }

    /// Removes all of a content.
    func remove(_ content: GUID) throws(Files.Failure) {
        let folder = "\(path)/\(content)"
        if Files.exists(folder) { try Files.removeFolder(folder) }
    }

    /// Removes what no row knows: uploads that were cut off, and what outlived its row.
    func sweep(knowing rows: () throws -> Set<String>) throws {
        guard Files.exists(path) else { return }
        let cutOff = "\(path)/\(Self.incoming)"
        if Files.exists(cutOff) { try Files.removeFolder(cutOff) }
        let known = try rows()
        for folder in try Files.names(in: path) {
            guard Files.isDirectory("\(path)/\(folder)") else { continue }
            for name in try Files.names(in: "\(path)/\(folder)") where !known.contains("\(folder)/\(name)") {
                try Files.remove("\(path)/\(folder)/\(name)")
            }
            // Goes where it is empty now.
            rmdir("\(path)/\(folder)")
        }
    }

    /// A bundle's file, as seen from the folder of all.
    static func name(_ id: Int64, of content: String) -> String { "\(content)/\(id)\(suffix)" }

    private func file(_ id: Int64, of content: GUID) -> String {
        "\(path)/\(Self.name(id, of: content.description))"
    }
}
