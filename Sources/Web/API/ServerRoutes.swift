import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// What clients ask about the server before they deploy, and the one address of older ones that they still use.
struct ServerRoutes {
    static let languages = ["python", "r", "quarto", "nodejs"]

    func add(unversioned: RouterGroup<CallerContext>, callers: RouterGroup<CallerContext>) {
        // Nothing is installed here for content to run in, and every kind of content is taken.
        for language in Self.languages {
            let isEnabled: JSONObject = language == "nodejs" ? ["enabled": true] : [:]
            let answer: JSONObject = ["installations": [], "api_enabled": true]
            callers.get("server_settings/\(RouterPath(language))") { _, _ in
                Response.json(.object(answer.merging(isEnabled)))
            }
        }
        // Clients that know content by its number learn its GUID here.
        unversioned.get("applications/{id}") { _, context in
            let id = try context.id("id", what: "content")
            let all = try await context.tenant.contents.all(for: context.callerOrContent)
            guard let content = all.first(where: { $0.id == id }) else { throw Refusal.notFound("content") }
            return Response.json([
                "id": .integer(content.id), "guid": Answers.guid(content.guid), "name": .string(content.name),
                "title": .string(content.title), "bundle_id": content.deployment.map { .integer($0.bundleID) } ?? .null,
            ])
        }
    }
}
