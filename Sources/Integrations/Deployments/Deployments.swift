public import Accounts
public import JSON
import ResourcePools
public import Storage

/// Bundles and what is deployed of them. Gatehouse keeps the sources and knows what kind of content they are; it neither
/// builds nor runs them.
public struct Deployments: Sendable {
    let account: OpenAccount
    let clock: WallClock
    let contents: Contents
    let address: PublicAddress
    let maximumBundleBytes: Int
    let pools: Pools
    let steps: StepObserver

    /// The largest bundle where the operator says nothing.
    public static let usualMaximum = 100 << 20
    /// How long a task can be asked for.
    public static let taskLifetime = Duration.seconds(7 * 24 * 60 * 60)

    /// What is said of a bundle that is too large.
    public static func tooLarge(_ maximum: Int) -> Refusal {
        Refusal(
            .bodyTooLarge,
            "The bundle is too large: \(maximum) bytes at most. Leave out what is not needed, or ask the operator of this server."
        )
    }

    /// How long an upload waits for a place. The time that its body may take runs meanwhile.
    private static let uploadPatience = Duration.seconds(20)

    /// Somebody is about to send a bundle. The place among the uploads is held until the arrival ends.
    ///
    /// - Throws: `Refusal` 277 where too many bundles of this account, or of all, are arriving.
    public func begin(for content: GUID, by editor: some ChangesContent) async throws(Refusal) -> BundleArrival {
        _ = try await contents.changeable(content, by: editor)
        let place: FairPool.Place
        do throws(FairPool.Failure) {
            place = try await pools.uploads.enter(
                account.fingerprint.description, patience: Self.uploadPatience)
        } catch {
            throw Refusal(
                .tooManyRequests, "Too many bundles are being uploaded now: send this one again in a minute.",
                retryAfter: 60)
        }
        let upload: BundleUpload
        do throws(StoreError) { upload = try account.beginBundle() } catch { throw Refusal(error) }
        return BundleArrival(
            upload, for: content, maximumBytes: maximumBundleBytes, place: place, workers: pools.inspection,
            account: account.fingerprint)
    }

    /// A bundle has arrived: keeps it.
    ///
    /// - Parameter source: where it comes from, in the sender's words.
    public func keep(
        _ arrival: BundleArrival, source: JSONObject, by editor: some ChangesContent
    ) async throws(Refusal) -> BundleRecord {
        let now = clock.now
        let (record, upload) = try await arrival.finish(source: try Self.check(source), at: now)
        steps(.bundleArrived)
        let event = editor.change(
            .bundleUploaded, of: record.contentGUID, at: now,
            details: ["size": .integer(record.size), "app_mode": .string(record.manifest.appMode)]
        )
        let stored = try await attempt { () throws(StoreError) in
            try await account.store.addBundle(
                record, file: upload, placed: { [steps] in steps(.bundlePlaced) }, noting: event)
        }
        steps(.bundleStored)
        return stored
    }

    /// The bundles of a content, newest first.
    public func bundles(
        of content: GUID, for reader: some ReadsAsPublisher
    ) async throws(Refusal) -> (content: ContentRecord, bundles: [BundleRecord]) {
        let record = try await contents.editable(content, by: reader.caller)
        let bundles = try await attempt { () throws(StoreError) in try await account.store.bundles(of: content) }
        return (record, bundles)
    }

    /// One bundle of a content.
    public func bundle(
        _ id: Int64, of content: GUID, for reader: some ReadsAsPublisher
    ) async throws(Refusal) -> (content: ContentRecord, bundle: BundleRecord) {
        let record = try await contents.editable(content, by: reader.caller)
        let found = try await attempt { () throws(StoreError) in try await account.store.bundle(id, of: content) }
        guard let found else { throw .notFound("bundle") }
        return (record, found)
    }

    /// The bytes of a bundle.
    public func file(
        of id: Int64, of content: GUID, for reader: some ReadsAsPublisher
    ) async throws(Refusal) -> (content: ContentRecord, file: BundleFile) {
        let record = try await contents.editable(content, by: reader.caller)
        let file = try await attempt { () throws(StoreError) in try await account.store.openBundle(id, of: content) }
        guard let file else { throw .notFound("bundle") }
        return (record, file)
    }

    /// Deletes a bundle that is not the active one.
    public func delete(_ id: Int64, of content: GUID, by publisher: Publisher) async throws(Refusal) {
        _ = try await contents.changeable(content, by: publisher)
        let event = publisher.change(
            .bundleDeleted, of: content, at: clock.now, details: ["bundle_id": .integer(id)])
        let removed: Bool
        do throws(StoreError) {
            removed = try await account.store.removeBundle(id, of: content, noting: event)
        } catch {
            throw error.code == .conflict("bundle_id")
                ? Refusal(.bundleActive, "This bundle is the active one: deploy another one first.") : Refusal(error)
        }
        guard removed else { throw .notFound("bundle") }
    }

    /// How many bytes all bundles of the account are.
    public func bytes() async throws(Refusal) -> Int64 {
        try await attempt { () throws(StoreError) in try await account.store.bundleBytes() }
    }

    private static let longestSourceValue = 1024
    private static let largestSource = 32

    /// Where a bundle comes from: a few short texts, such as `source`, `source_repo`, `source_branch`, `source_commit`.
    private static func check(_ source: JSONObject) throws(Refusal) -> JSONObject {
        guard source.count <= largestSource else {
            throw .invalid("metadata", "metadata can have \(largestSource) members at most.")
        }
        var kept = JSONObject()
        for (key, value) in source {
            guard (1...64).contains(key.utf8.count), let text = value.stringValue else {
                throw .invalid("metadata", "metadata must be an object of texts, such as {\"source_commit\": \"...\"}.")
            }
            kept[try TextRules.line(key, field: "metadata")] = .string(
                try TextRules.line(text, field: "metadata", maximum: longestSourceValue))
        }
        return kept
    }
}
