public import Accounts
import JSON
public import Storage

extension Deployments {
    /// Deploys a bundle: notes what kind of content it is, and says in a task's words where to run it.
    ///
    /// - Parameters:
    ///   - bundleID: which bundle; nil: the active one, or else the newest.
    ///   - activate: whether it becomes the active one; without, it is looked at and nothing changes.
    public func deploy(
        _ guid: GUID, bundle bundleID: Int64?, activate: Bool, by editor: some ChangesContent
    ) async throws(Refusal) -> TaskRecord {
        let content = try await contents.changeable(guid, by: editor)
        let bundle = try await chosen(bundleID, of: content)
        let now = clock.now
        let task = TaskRecord(
            guid: account.makeGUID(), contentGUID: guid, output: words(content, bundle, activate: activate),
            createdAt: now
        )
        let event = editor.change(
            .contentDeployed, of: guid, at: now,
            details: [
                "bundle_id": .integer(bundle.id), "app_mode": .string(bundle.manifest.appMode),
                "activated": .bool(activate),
            ]
        )
        let deployment = DeploymentRecord(bundleID: bundle.id, manifest: bundle.manifest, at: now)
        do throws(StoreError) {
            try await account.store.deploy(
                activate ? deployment : nil, refusingAssociations: !bundle.manifest.isInteractive, task: task,
                droppingBefore: now - Self.taskLifetime, noting: event
            )
        } catch {
            throw switch error.code {
            case .conflict("association"):
                Refusal(
                    .association,
                    "This content uses integrations, and \(bundle.manifest.appMode) content has nothing that could: remove its associations first."
                )
            case .notFound: .notFound("bundle")
            default: Refusal(error)
            }
        }
        return task
    }

    /// What a deployment said, for those who may change the content. To everybody else there is no such task.
    public func task(_ guid: GUID, for caller: Caller) async throws(Refusal) -> TaskRecord {
        _ = try Reader(caller)
        let found = try await attempt { () throws(StoreError) in try await account.store.task(guid) }
        guard let found, clock.now < found.createdAt + Self.taskLifetime else { throw .notFound("task") }
        do { _ = try await contents.editable(found.contentGUID, by: caller) } catch {
            guard error.code == .permissionDenied || error.code == .objectDoesNotExist else { throw error }
            throw .notFound("task")
        }
        return found
    }

    private func chosen(_ id: Int64?, of content: ContentRecord) async throws(Refusal) -> BundleRecord {
        let guid = content.guid
        if let id = id ?? content.deployment?.bundleID {
            let found = try await attempt { () throws(StoreError) in try await account.store.bundle(id, of: guid) }
            guard let found else { throw .notFound("bundle") }
            return found
        }
        let all = try await attempt { () throws(StoreError) in try await account.store.bundles(of: guid) }
        guard let newest = all.first else {
            throw .invalid("bundle_id", "This content has no bundle yet: upload one to v1/content/\(guid)/bundles.")
        }
        return newest
    }

    private func words(_ content: ContentRecord, _ bundle: BundleRecord, activate: Bool) -> [String] {
        let manifest = bundle.manifest
        var lines = [
            activate
                ? "Deployment registered: bundle \(bundle.id) is now the active one of \(content.name)."
                : "Bundle \(bundle.id) of \(content.name) is in order. It was not activated.",
            "Content type: \(manifest.appMode).",
        ]
        let versions = [("R", manifest.rVersion), ("Python", manifest.pyVersion), ("Quarto", manifest.quartoVersion)]
            .compactMap { name, version in version.map { "\(name) \($0)" } }
        if !versions.isEmpty { lines.append("Made with \(versions.joined(separator: ", ")).") }
        lines.append(
            "Gatehouse keeps the bundle. It neither builds nor hosts content, so nothing was installed or started.")
        guard manifest.isInteractive else {
            lines.append("Static content has no viewer to act for: serve its files with any web server.")
            return lines
        }
        lines.append(
            "Start it where its packages are: gatehouse run \(content.guid) --server \(address.base) --key-file KEY_FILE -- COMMAND"
        )
        lines.append(
            content.upstreamURL.map { "Viewers are sent to \($0), where it is expected to run." }
                ?? "Then say where it runs: PATCH v1/content/\(content.guid) {\"upstream_url\": \"http://127.0.0.1:PORT\"}"
        )
        return lines
    }
}
