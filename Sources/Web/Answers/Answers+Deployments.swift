import Integrations
import JSON
import Storage

extension Answers {
    /// What Connect knows of where a bundle comes from; what the uploader did not say is null.
    private static let sources = ["source", "source_repo", "source_branch", "source_commit"]

    static func bundle(_ bundle: BundleRecord, isActive: Bool) -> JSON {
        var metadata = JSONObject(sources.map { ($0, JSON.null) })
        metadata.merge(bundle.source)
        metadata.merge(["archive_md5": .null, "archive_sha1": .null])
        let manifest = bundle.manifest
        return [
            "id": .string(String(bundle.id)), "content_guid": guid(bundle.contentGUID),
            "created_time": time(bundle.createdAt), "cluster_name": .null, "image_name": .null,
            "r_version": manifest.rVersion.map(JSON.string) ?? .null, "r_environment_management": .null,
            "py_version": manifest.pyVersion.map(JSON.string) ?? .null, "py_environment_management": .null,
            "quarto_version": manifest.quartoVersion.map(JSON.string) ?? .null, "active": .bool(isActive),
            "size": .integer(bundle.size), "metadata": .object(metadata),
        ]
    }

    /// A task, whose lines before `first` the caller has already.
    static func task(_ task: TaskRecord, first: Int) -> JSON {
        [
            "id": guid(task.guid), "output": .array(task.output.dropFirst(first).map(JSON.string)), "finished": true,
            "code": 0, "error": "", "last": .integer(Int64(task.output.count)), "result": .null,
        ]
    }

    /// What content answers of its deployment.
    static func deployment(_ deployment: DeploymentRecord?) -> JSONObject {
        let manifest = deployment?.manifest
        return [
            "app_mode": .string(manifest?.appMode ?? "unknown"),
            "bundle_id": deployment.map { .string(String($0.bundleID)) } ?? .null,
            "last_deployed_time": time(deployment?.at), "r_version": manifest?.rVersion.map(JSON.string) ?? .null,
            "py_version": manifest?.pyVersion.map(JSON.string) ?? .null,
            "quarto_version": manifest?.quartoVersion.map(JSON.string) ?? .null,
        ]
    }
}
