public import Accounts
import JSON
import ResourcePools
import Storage

/// A bundle on its way in: each piece is looked at and written to disk, and none is kept in memory.
///
/// One task feeds it. The work is done on threads of which each account has a share (`Pools.inspection`): a piece of a few
/// KiB can inflate to many MiB.
///
/// Unchecked because `inspection` and `size` are changed in `write` and `finish` alone, and the one task that feeds the
/// arrival waits for each piece of work before it begins the next.
public final class BundleArrival: @unchecked Sendable {
    private let upload: BundleUpload
    private let maximumBytes: Int
    private var inspection: BundleInspection
    private var size = 0
    /// Held as long as the bundle is arriving.
    private let place: FairPool.Place
    private let workers: FairWorkers
    private let account: TenantFingerprint
    let content: GUID

    init(
        _ upload: BundleUpload, for content: GUID, maximumBytes: Int, place: FairPool.Place, workers: FairWorkers,
        account: TenantFingerprint
    ) {
        self.upload = upload
        self.content = content
        self.maximumBytes = maximumBytes
        self.place = place
        self.workers = workers
        self.account = account
        inspection = BundleInspection(maximumBundleBytes: maximumBytes)
    }

    deinit { place.leave() }

    /// Has the next piece of the body worked on by one of the threads for that.
    ///
    /// - Throws: what the work throws; `Refusal` 277 where the account's queue for such work is full.
    public func work(_ work: @escaping @Sendable () throws(Refusal) -> Void) async throws(Refusal) {
        let result: Result<Void, Refusal>
        do throws(FairPool.Failure) {
            result = try await workers.run(for: account.description) {
                Result { () throws(Refusal) in try work() }
            }
        } catch {
            throw Refusal(
                .tooManyRequests, "Too many bundles are being uploaded now: send this one again in a minute.",
                retryAfter: 60)
        }
        try result.get()
    }

    /// Takes the next bytes of the archive. Call it within `work`.
    ///
    /// - Throws: `Refusal` as soon as it shows that they are no bundle, or too large a one.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
        size += bytes.count
        guard size <= maximumBytes else { throw Deployments.tooLarge(maximumBytes) }
        try inspection.read(bytes)
        do throws(StoreError) { try upload.write(bytes) } catch { throw Refusal(error) }
    }

    /// Removes what has arrived, and frees its place.
    public func discard() {
        upload.discard()
        place.leave()
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
