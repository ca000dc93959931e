import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import OAuthClient
import Storage

/// The API under one prefix. The groups' contexts say who gets in.
struct APIRoutes {
    let services: Services

    /// SDKs ask under it, Connect Cloud's own documents without it.
    static let prefix = "/__api__"
    /// The version that SDKs gate their features on.
    static let connectVersion = "2026.06.0"

    func add(to router: RouterGroup<WebContext>) {
        router.get("server_settings") { _, _ in Response.json(["version": .string(Self.connectVersion)]) }
        // The exchange finds its own caller, in the same read as everything else it must know.
        router.post("v1/oauth/integrations/credentials") { request, context in
            try await Measurements.exchange { try await exchange(request, context) }
        }

        let authenticated = router.group("v1").add(middleware: KeyAuthentication(services: services))
        let callers = authenticated.group(context: CallerContext.self)
        let publishers = callers.group(context: PublisherContext.self)
        let administrators = callers.group(context: AdministratorContext.self)
        IntegrationRoutes(services: services).add(publishers: publishers, administrators: administrators)
        ContentRoutes(services: services).add(callers: callers, publishers: publishers)
        PermissionRoutes().add(publishers: publishers)
        UserRoutes(services: services).add(
            callers: callers, publishers: publishers, administrators: administrators)
        KeyRoutes().add(callers: callers)
        GroupRoutes().add(callers: callers, publishers: publishers)
        SessionRoutes().add(callers: callers)
        RuntimeRoutes().add(publishers: publishers)
        WorkbenchSessionRoutes(services: services).add(callers: callers)
        BundleRoutes().add(callers: callers, publishers: publishers)
        EnvironmentRoutes().add(publishers: publishers)
        let unversioned = router.group().add(middleware: KeyAuthentication(services: services))
        ServerRoutes().add(unversioned: unversioned.group(context: CallerContext.self), callers: callers)
        AuditRoutes(services: services).add(administrators: administrators)
        WebhookRoutes().add(administrators: administrators)
    }

    private func exchange(_ request: Request, _ context: WebContext) async throws -> Response {
        let key = try KeyAuthentication.key(of: request.headers)
        let origin = context.origin(of: request, .system)
        guard let fingerprint = APIKey.tenant(of: Array(key.reveal().utf8)),
            let tenant = try await services.tenant(fingerprint)
        else { throw Refusal.invalidKey }
        guard request.headers[.contentType]?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true else {
            // A wrong key is told so first: nobody learns anything of the form rules without one.
            _ = try await tenant.people.caller(key: key, from: origin)
            throw Refusal(.formMissing, "Send a form: Content-Type must be application/x-www-form-urlencoded.")
        }
        let wantsFresh = request.headers[.cacheControl]?.lowercased().contains("no-cache") ?? false
        let granted = try await tenant.exchange.perform(
            key: key, form: try await request.bytes(), onDemand: wantsFresh, from: origin)
        Asker.isOf(tenant, SHA256.hash(key.reveal()).hex)
        return Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .init(byteBuffer: CredentialsAnswer.body(granted))
        )
    }
}
