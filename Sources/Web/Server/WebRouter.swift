import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON

/// Every door of the house, in one place.
public enum WebRouter {
    /// One of the routes: what tests and documents compare themselves with.
    public struct Route: Sendable {
        /// The method.
        public let method: String
        /// The path, with its parameters in braces.
        public let path: String
    }

    static func build(_ services: Services) -> Router<WebContext> {
        let router = Router(context: WebContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ErrorAnswers(services: services))
        let root = router.group()
        root.get("/__ping__") { _, _ in Response.json([:]) }
        HealthRoutes(readiness: services.readiness).add(to: root)
        // SDKs ask under /__api__, Connect Cloud's own documents without it.
        for prefix in ["/__api__", ""] { APIRoutes(services: services).add(to: router.group(RouterPath(prefix))) }
        SignInRoutes(services: services).add(to: root)
        HomeRoutes(services: services).add(to: root)
        LoginRoutes(services: services).add(to: root)
        GatewayRoutes(services: services).add(to: root)
        IssuerRoutes(services: services).add(to: root)
        WorkbenchRoutes(services: services).add(to: root)
        return router
    }

    /// All routes, from the router itself; HEAD, which goes with every GET, is left out.
    public static func routes(_ services: Services) -> [Route] {
        build(services).routes.filter { $0.method != .head }.map {
            Route(method: $0.method.rawValue, path: $0.path.description)
        }
    }
}
