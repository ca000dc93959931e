import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import NIOCore
import Storage

/// `v1/content/{guid}/bundles`, `deploy`, `build`, and `v1/tasks`.
struct BundleRoutes {
    /// The bytes of a bundle that are in memory at a time while it is downloaded.
    private static let chunk = 256 * 1024
    /// Longer than any client waits; a task is over when it is there.
    static let longestWait = 3600
    static let mostLines = 1_000_000

    func add(callers: RouterGroup<CallerContext>, publishers: RouterGroup<PublisherContext>) {
        publishers.post("content/{guid}/bundles") { request, context in
            let guid = try context.guid("guid", of: context.tenant, what: "content")
            let deployments = context.tenant.deployments
            let arrival = try await deployments.begin(for: guid, by: context.editor)
            do {
                let source = try await BundleBody.receive(request, into: arrival)
                let bundle = try await deployments.keep(arrival, source: source, by: context.editor)
                return Response.json(Answers.bundle(bundle, isActive: false))
            } catch {
                // Before the refusal is answered: nothing of it is left then.
                arrival.discard()
                throw error
            }
        }
        publishers.get("content/{guid}/bundles") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "content")
            let (content, bundles) = try await context.tenant.deployments.bundles(
                of: guid, for: context.reader)
            let active = content.deployment?.bundleID
            return Response.json(.array(bundles.map { Answers.bundle($0, isActive: $0.id == active) }))
        }
        publishers.get("content/{guid}/bundles/{id}") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "content")
            let id = try context.id("id", what: "bundle")
            let (content, bundle) = try await context.tenant.deployments.bundle(
                id, of: guid, for: context.reader)
            return Response.json(Answers.bundle(bundle, isActive: bundle.id == content.deployment?.bundleID))
        }
        publishers.delete("content/{guid}/bundles/{id}") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "content")
            let id = try context.id("id", what: "bundle")
            try await context.tenant.deployments.delete(id, of: guid, by: context.publisher)
            return Response.noContent
        }
        publishers.get("content/{guid}/bundles/{id}/download") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "content")
            let id = try context.id("id", what: "bundle")
            let (content, file) = try await context.tenant.deployments.file(
                of: id, of: guid, for: context.reader)
            return Self.download(file, name: "\(content.name)-\(id).tar.gz")
        }
        publishers.post("content/{guid}/deploy") { request, context in
            let (bundle, activate) = try Self.order(try await request.jsonObject())
            return try await Self.deploy(context, bundle, activate: activate ?? true)
        }
        // Nothing is built here: what a build would have to say is said, and nothing is activated.
        publishers.post("content/{guid}/build") { request, context in
            let (bundle, _) = try Self.order(try await request.jsonObject())
            return try await Self.deploy(context, bundle, activate: false)
        }
        addTasks(callers)
    }

    private func addTasks(_ callers: RouterGroup<CallerContext>) {
        callers.get("tasks/{guid}") { request, context in
            let guid = try context.guid("guid", of: context.tenant, what: "task")
            let query = try request.query()
            let first = try Self.number(query["first"], "first", Self.mostLines)
            // It is over already, so there is nothing to wait for.
            _ = try Self.number(query["wait"], "wait", Self.longestWait)
            let task = try await context.tenant.deployments.task(guid, for: context.caller)
            return Response.json(Answers.task(task, first: first))
        }
    }

    private static func deploy(_ context: PublisherContext, _ bundle: Int64?, activate: Bool) async throws -> Response {
        let guid = try context.guid("guid", of: context.tenant, what: "content")
        let task = try await context.tenant.deployments.deploy(
            guid, bundle: bundle, activate: activate, by: context.editor)
        return Response.json(["task_id": Answers.guid(task.guid)])
    }

    private static func order(_ body: JSONObject) throws(Refusal) -> (bundle: Int64?, activate: Bool?) {
        let members = try Members(body, allowed: ["bundle_id", "activate"])
        guard let text = try members.text("bundle_id") else { return (nil, try members.flag("activate")) }
        guard let id = Int64(text), id > 0 else {
            throw .invalid("bundle_id", "bundle_id must be the id of a bundle of this content, such as \"12\".")
        }
        return (id, try members.flag("activate"))
    }

    private static func number(_ text: String?, _ name: String, _ maximum: Int) throws(Refusal) -> Int {
        guard let text, !text.isEmpty else { return 0 }
        guard let number = Int(text), (0...maximum).contains(number) else {
            throw .invalid(name, "\(name) must be a number from 0 to \(maximum).")
        }
        return number
    }

    private static func download(_ file: BundleFile, name: String) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "application/gzip", .cacheControl: "no-store",
                .contentDisposition: "attachment; filename=\"\(name)\"",
            ],
            body: ResponseBody(contentLength: file.size) { writer in
                var offset = 0
                while offset < file.size {
                    let bytes = try file.read(at: offset, maximum: min(chunk, file.size - offset))
                    // Cut short by somebody else: end the connection rather than the body, which would seem whole.
                    guard !bytes.isEmpty else { throw StoreError(.damaged, "a bundle's file is too short") }
                    try await writer.write(ByteBuffer(bytes: bytes))
                    offset += bytes.count
                }
                try await writer.finish(nil)
            }
        )
    }
}
