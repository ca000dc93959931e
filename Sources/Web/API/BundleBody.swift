import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import NIOCore
import Storage

/// The body of a bundle's upload: the archive alone, or a form with the archive and where it comes from.
enum BundleBody {
    /// Feeds the archive to an arrival as it comes in.
    ///
    /// - Returns: where the bundle comes from; empty where nothing was said.
    static func receive(_ request: Request, into arrival: BundleArrival) async throws -> JSONObject {
        let type = request.headers[.contentType] ?? ""
        guard type.lowercased().hasPrefix("multipart/form-data") else {
            for try await part in request.body {
                try await arrival.work { () throws(Refusal) in
                    try part.lend { bytes throws(Refusal) in try arrival.write(bytes) }
                }
            }
            return [:]
        }
        let form = Form(try MultipartReader(contentType: type, BundleForm(arrival)))
        for try await part in request.body {
            try await arrival.work { () throws(Refusal) in
                try part.lend { bytes throws(Refusal) in try form.read(bytes) }
            }
        }
        return try form.finish()
    }

    /// The form as far as it has arrived.
    ///
    /// Unchecked because one task reads it, one piece after the other; only the thread is not always the same.
    private final class Form: @unchecked Sendable {
        private var reader: MultipartReader<BundleForm>

        init(_ reader: MultipartReader<BundleForm>) { self.reader = reader }

        func read(_ bytes: UnsafeRawBufferPointer) throws(Refusal) { try reader.read(bytes) }

        func finish() throws(Refusal) -> JSONObject {
            try reader.finish()
            return try reader.visitor.source()
        }
    }
}

/// The parts of the form: `archive`, and `metadata` in JSON.
private struct BundleForm: MultipartVisitor {
    private enum Part {
        case archive, metadata, other
    }

    private static let largestMetadata = 64 * 1024

    private let arrival: BundleArrival
    private var current = Part.other
    private var metadata: [UInt8] = []
    /// The bytes of parts that mean nothing here.
    private var ignored = 0
    private var hasArchive = false
    private var hasMetadata = false

    init(_ arrival: BundleArrival) { self.arrival = arrival }

    mutating func begin(_ name: String?) throws(Refusal) {
        switch name {
        case "archive":
            guard !hasArchive else { throw Refusal(.formUnreadable, "The form has archive twice: send one bundle.") }
            hasArchive = true
            current = .archive
        case "metadata":
            guard !hasMetadata else { throw Refusal(.formUnreadable, "The form has metadata twice.") }
            hasMetadata = true
            current = .metadata
        default: current = .other
        }
    }

    mutating func content(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
        switch current {
        case .archive: try arrival.write(bytes)
        case .metadata:
            metadata += bytes
            guard metadata.count <= Self.largestMetadata else {
                throw .invalid("metadata", "metadata is too long: \(Self.largestMetadata) bytes at most.")
            }
        case .other:
            ignored += bytes.count
            guard ignored <= Self.largestMetadata else {
                throw Refusal(.formUnreadable, "The form has more than archive and metadata: leave the rest out.")
            }
        }
    }

    func source() throws(Refusal) -> JSONObject {
        guard hasArchive else { throw .invalid("archive", "The form has no archive: send the bundle in that field.") }
        guard !metadata.isEmpty else { return [:] }
        do throws(JSONError) {
            if let object = try JSON.parse(metadata).objectValue { return object }
        } catch {
            throw .invalid("metadata", "metadata cannot be read: \(error.description)")
        }
        throw .invalid("metadata", "metadata must be an object of texts, such as {\"source_commit\": \"...\"}.")
    }
}

extension ByteBuffer {
    /// Lends the bytes that are there to be read.
    fileprivate func lend(_ use: (UnsafeRawBufferPointer) throws(Refusal) -> Void) throws(Refusal) {
        try withUnsafeReadableBytes { bytes in Result { () throws(Refusal) in try use(bytes) } }.get()
    }
}
