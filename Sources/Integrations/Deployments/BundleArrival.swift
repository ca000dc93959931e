public import Accounts
import JSON
import Storage

/// A bundle on its way in: each piece is looked at and written to disk, and none is kept in memory.
///
/// One task feeds it.
public final class BundleArrival {
    private let upload: BundleUpload
    private let maximumBytes: Int
    private var inspection: BundleInspection
    private var size = 0
    let content: GUID

    init(_ upload: BundleUpload, for content: GUID, maximumBytes: Int) {
        self.upload = upload
        self.content = content
        self.maximumBytes = maximumBytes
        inspection = BundleInspection(maximumBundleBytes: maximumBytes)
    }

    /// Takes the next bytes of the archive.
    ///
    /// - Throws: `Refusal` as soon as it shows that they are no bundle, or too large a one.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
        size += bytes.count
        guard size <= maximumBytes else { throw Deployments.tooLarge(maximumBytes) }
        try inspection.read(bytes)
        do throws(StoreError) { try upload.write(bytes) } catch { throw Refusal(error) }
    }

    /// All of it is there: makes sure that it is whole and on disk.
    func finish(source: JSONObject, at now: Timestamp) async throws(Refusal) -> (BundleRecord, BundleUpload) {
        let manifest = try inspection.finish()
        try await attempt { () throws(StoreError) in try await upload.synchronize() }
        let record = BundleRecord(
            contentGUID: content, size: Int64(size), manifest: manifest, source: source, createdAt: now)
        return (record, upload)
    }
}
