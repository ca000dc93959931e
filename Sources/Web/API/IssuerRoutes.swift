import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON

/// Each account as an OpenID provider: what a service reads to check the statements that the account signs.
struct IssuerRoutes {
    let services: Services

    /// Verifiers keep the answers this long; a key is published long before it signs.
    private static let cacheControl = "public, max-age=\(Issuer.cacheLifetime.components.seconds)"

    func add(to router: RouterGroup<WebContext>) {
        router.get("/accounts/{account}/.well-known/openid-configuration") { _, context in
            published(try await services.tenant(inPathOf: context).issuer.discovery)
        }
        // RFC 8414 puts the well-known part in front of the issuer's path.
        router.get("/.well-known/openid-configuration/accounts/{account}") { _, context in
            published(try await services.tenant(inPathOf: context).issuer.discovery)
        }
        router.get("/accounts/{account}/oidc/jwks") { _, context in
            published(try await services.tenant(inPathOf: context).issuer.keySet())
        }
        router.get("/.well-known/openid-configuration") { _, _ -> Response in
            throw Refusal(
                .objectDoesNotExist,
                "Each account is an issuer of its own: ask at /accounts/ACCOUNT/.well-known/openid-configuration.")
        }
    }

    private func published(_ json: JSON) -> Response {
        var response = Response.json(json)
        response.headers[.cacheControl] = Self.cacheControl
        return response
    }
}
