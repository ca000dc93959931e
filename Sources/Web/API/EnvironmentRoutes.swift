import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// `v1/content/{guid}/environment`: names come out, values never do.
struct EnvironmentRoutes {
    func add(publishers: RouterGroup<PublisherContext>) {
        publishers.get("content/{guid}/environment") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "content")
            return Self.answer(try await context.tenant.environment.names(of: guid, for: context.publisher))
        }
        publishers.patch("content/{guid}/environment") { request, context in
            try await Self.change(request, context, replacing: false)
        }
        publishers.put("content/{guid}/environment") { request, context in
            try await Self.change(request, context, replacing: true)
        }
    }

    private static func change(
        _ request: Request, _ context: PublisherContext, replacing: Bool
    ) async throws -> Response {
        let guid = try context.guid("guid", of: context.tenant, what: "content")
        guard let list = try await request.json().arrayValue else {
            throw Refusal(.parameter, "The body must be a list of {\"name\": ..., \"value\": ...}.")
        }
        let changes = try list.map { entry throws(Refusal) in
            guard let object = entry.objectValue else {
                throw .invalid("name", "Each entry must be an object: {\"name\": ..., \"value\": ...}.")
            }
            let members = try Members(object, allowed: ["name", "value"])
            guard let name = try members.text("name") else {
                throw Refusal.invalid("name", "Each entry must have the name of a variable.")
            }
            return EnvironmentVariables.Change(name: name, value: try members.text("value").map { SecretString($0) })
        }
        return answer(
            try await context.tenant.environment.change(
                changes, of: guid, replacing: replacing, by: context.publisher))
    }

    private static func answer(_ names: [String]) -> Response { .json(.array(names.map(JSON.string))) }
}
