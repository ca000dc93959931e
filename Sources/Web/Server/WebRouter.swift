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
        // Middleware comes before the routes that it speaks of, so they are asked of a router that has them already.
        router.add(middleware: ErrorAnswers(services: services, allowed: AllowedMethods(routes(services))))
        router.add(middleware: LargeAnswers(pool: services.world.pools.largeAnswers))
        addRoutes(of: services, to: router)
        return router
    }

    private static func addRoutes(of services: Services, to router: Router<WebContext>) {
        let root = router.group()
        root.get("/__ping__") { _, _ in Response.json([:]) }
        HealthRoutes(readiness: services.readiness).add(to: root)
        OpenAPIRoutes(address: services.world.address).add(to: root)
        for prefix in [APIRoutes.prefix, ""] { APIRoutes(services: services).add(to: router.group(RouterPath(prefix))) }
        Assets().add(to: root)
        SignInRoutes(services: services).add(to: root)
        SingleSignOnRoutes(services: services).add(to: root)
        let doors = PageDoors(services: services, router: root)
        ConnectionPages().add(to: doors)
        ContentLoginPages().add(to: doors)
        DataSourcePages().add(to: doors)
        ActivityPages().add(to: doors)
        DataSourceTestPages().add(to: doors)
        PeoplePages().add(to: doors)
        PersonPages().add(to: doors)
        GroupPages().add(to: doors)
        OneGroupPages().add(to: doors)
        KeyPages().add(to: doors)
        AuditPages().add(to: doors)
        AuditRetentionPages().add(to: doors)
        SingleSignOnPages().add(to: doors)
        SingleSignOnPeoplePages().add(to: doors)
        ContentPages().add(to: doors)
        LoginRoutes(services: services).add(to: root)
        GatewayRoutes(services: services).add(to: root)
        IssuerRoutes(services: services).add(to: root)
        WorkbenchRoutes(services: services).add(to: root)
    }

    /// All routes, from the router itself; HEAD, which goes with every GET, is left out.
    public static func routes(_ services: Services) -> [Route] {
        let router = Router(context: WebContext.self)
        addRoutes(of: services, to: router)
        return router.routes.map { Route(method: $0.method.rawValue, path: $0.path.description) }
    }
}
