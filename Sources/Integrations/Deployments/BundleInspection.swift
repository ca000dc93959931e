import Accounts
import Archives
import JSON
import Storage

/// Looks into a bundle while it arrives: is it an archive that is safe to unpack, and what does its manifest say?
///
/// Nothing is unpacked; of all that passes by, only `manifest.json` is kept.
struct BundleInspection {
    /// An archive may become this many times the largest bundle, whatever its own size.
    private static let unpackedFactor = 10
    /// Sources seldom shrink to a twentieth; what shrinks to less than this was made for harm.
    private static let largestRatio = 200
    private static let ratioFreeBytes = 64 << 20

    /// Projects with every package they use have some ten thousand files. An archive of a few MiB can hold a million
    /// empty entries, and reading each takes its time.
    private static let mostEntries = 50_000

    private let gzip: GzipReader
    private var tar = TarReader(ManifestFinder(), mostEntries: Self.mostEntries)

    init(maximumBundleBytes: Int) {
        gzip = GzipReader(
            limits: .init(
                maximumBytes: maximumBundleBytes * Self.unpackedFactor, maximumRatio: Self.largestRatio,
                ratioFreeBytes: Self.ratioFreeBytes
            )
        )
    }

    /// Looks at the next bytes.
    mutating func read(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
        do throws(ArchiveError) {
            try gzip.read(bytes) { unpacked throws(ArchiveError) in try tar.read(unpacked) }
        } catch {
            throw Self.refusal(error)
        }
    }

    /// The archive has ended: what its manifest says.
    func finish() throws(Refusal) -> BundleManifest {
        do throws(ArchiveError) {
            try gzip.finish()
            try tar.finish()
        } catch {
            throw Self.refusal(error)
        }
        // A manifest that is too large, twice there or a link is found only while the archive is read to its end.
        guard let manifest = tar.visitor.manifest else {
            throw .invalid(
                "archive",
                "The bundle has no manifest.json, neither on top nor in the one folder that holds all of it: put it there."
            )
        }
        return try manifest.get()
    }

    fileprivate static func refusal(_ error: ArchiveError) -> Refusal {
        .invalid(
            "archive",
            "The bundle must be a gzip-compressed tar archive of files, folders and links that stay within it: \(error.description)."
        )
    }
}

/// Reads `manifest.json`, on top or in the single folder on top, or in the single folder of that one, and so on. Of its bytes
/// nothing is kept once they were read.
private struct ManifestFinder: TarVisitor {
    private static let fileName = "manifest.json"
    /// In bytes. What is read of it in memory can be fifty times as large.
    private static let largestManifest = 256 << 10

    /// Where all that has come is.
    private var root = BundleRoot()
    /// The manifest nearest to the top so far, and how many folders are above it.
    private var found: (depth: Int, manifest: Result<BundleManifest, Refusal>)?
    private var current: (depth: Int, bytes: [UInt8], size: Int)?

    var manifest: Result<BundleManifest, Refusal>? {
        found.flatMap { $0.depth == root.depth ? $0.manifest : nil }
    }

    mutating func begin(_ entry: TarEntry) throws(ArchiveError) {
        current = nil
        // macOS adds a companion to every file.
        guard !entry.path.contains(where: { $0.hasPrefix("._") }) else { return }
        root.add(entry)
        guard entry.kind != .folder, entry.path.last == Self.fileName else { return }
        let depth = entry.path.count - 1
        // Another one lies deeper, or beside other folders.
        guard depth == root.depth else { return }
        guard found?.depth != depth else { return refuse(depth, .dangerous, "it has manifest.json twice") }
        guard entry.kind == .file else {
            return refuse(depth, .dangerous, "manifest.json is a link: send the file itself")
        }
        guard entry.size <= Self.largestManifest else {
            return refuse(depth, .tooLarge, "manifest.json has more than \(Self.largestManifest) bytes")
        }
        current = (depth, [], entry.size)
        read()
    }

    mutating func content(_ bytes: UnsafeRawBufferPointer) {
        current?.bytes.append(contentsOf: bytes)
        read()
    }

    /// Reads the manifest as soon as all of it is there.
    private mutating func read() {
        guard let (depth, bytes, size) = current, bytes.count == size else { return }
        found = (depth, Result { () throws(Refusal) in try BundleManifest(parsing: bytes) })
        current = nil
    }

    /// Refuses the bundle if this is its manifest in the end.
    private mutating func refuse(_ depth: Int, _ code: ArchiveError.Code, _ words: String) {
        found = (depth, .failure(BundleInspection.refusal(ArchiveError(code, words))))
    }
}

/// The folder that everything in an archive is in: the single one on top, the single one in that one, and so on.
private struct BundleRoot {
    /// The folders on the way to what came first.
    private var way: [String] = []
    /// After so many of them there is something else beside the next one.
    private var most = Int.max

    /// How many folders are above what the bundle consists of.
    var depth: Int { min(way.count, most) }

    mutating func add(_ entry: TarEntry) {
        let isFolder = entry.kind == .folder
        let folder = isFolder ? entry.path[...] : entry.path.dropLast()
        let common = zip(way, folder).prefix { $0 == $1 }.count
        if common == way.count, common < folder.count, most > common {
            way = Array(folder)
        } else if common < folder.count {
            most = min(most, common)
        }
        if !isFolder { most = min(most, folder.count) }
    }
}

extension BundleManifest {
    private static let longestWord = 64

    /// Reads `manifest.json`, as rsconnect writes it.
    init(parsing bytes: [UInt8]) throws(Refusal) {
        let json: JSON
        do throws(JSONError) { json = try JSON.parse(bytes) } catch {
            throw .invalid("archive", "The bundle's manifest.json cannot be read: \(error.description)")
        }
        guard let mode = json["metadata"]?["appmode"]?.stringValue, Self.isWord(mode) else {
            throw .invalid(
                "archive",
                "The bundle's manifest.json must say what kind of content it is: {\"metadata\": {\"appmode\": \"python-shiny\"}}."
            )
        }
        self.init(
            appMode: mode, rVersion: Self.version(json["platform"]),
            pyVersion: Self.version(json["python"]?["version"]),
            quartoVersion: Self.version(json["quarto"]?["version"])
        )
    }

    private static func isWord(_ text: String) -> Bool {
        (1...longestWord).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            }
    }

    /// A version is for people to read: one that is none is as good as missing.
    private static func version(_ json: JSON?) -> String? {
        guard let text = json?.stringValue, (1...longestWord).contains(text.utf8.count) else { return nil }
        let isPlain = text.unicodeScalars.allSatisfy { $0.isASCII && $0.value > 0x20 && $0.value < 0x7F }
        return isPlain ? text : nil
    }
}
