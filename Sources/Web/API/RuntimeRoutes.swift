import Accounts
import Cryptography
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// `v1/content/{guid}/runtime`: what a launcher needs to start content.
struct RuntimeRoutes {
    func add(publishers: RouterGroup<PublisherContext>) {
        publishers.get("content/{guid}/runtime") { _, context in
            let guid = try context.guid("guid", of: context.tenant, what: "content")
            return Response.json(
                Self.answer(try await context.tenant.runtime.sheet(of: guid, for: context.publisher)))
        }
    }

    private static func answer(_ sheet: Runtime.Sheet) -> JSON {
        [
            "environment": .array(
                sheet.environment.variables.map { ["name": .string($0.name), "value": .string($0.value.reveal())] }
            ),
            "content_session_token": .string(sheet.token.reveal()), "expires_at": Answers.time(sheet.expiresAt),
            "expires_in": .integer(sheet.expiresIn), "warnings": .array(sheet.warnings.map(JSON.string)),
        ]
    }
}
