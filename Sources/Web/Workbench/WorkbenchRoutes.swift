import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// What IDEs call at the root, as they call Posit Workbench: Python sends GET with a body, R sends POST.
///
/// Clients look at the status first and throw the body away unless it is a 200. So a sentence that a person is to read
/// goes out as 200 with `error`, which clients raise; a 4xx remains for what no honest client does.
struct WorkbenchRoutes {
    let services: Services

    static let paths: Set<String> = ["/oauth_token", "/oauth_integrations", "/delegated_azure_token"]

    func add(to router: RouterGroup<WebContext>) {
        for method in [HTTPRequest.Method.get, .post] {
            router.on("/oauth_token", method: method) { request, context in
                try await shown { try await token(request, context) }
            }
            router.on("/oauth_integrations", method: method) { request, context in
                try await shown { try await integrations(request, context) }
            }
            router.on("/delegated_azure_token", method: method) { request, context in
                _ = try await identify(request, context)
                return Response.json([
                    "error":
                        "Gatehouse has no delegated Azure tokens: log in to an integration of the template azure and ask for its credentials instead."
                ])
            }
        }
    }

    private func token(_ request: Request, _ context: WebContext) async throws -> Response {
        let (tenant, caller) = try await identify(request, context)
        let parameters = try await request.jsonObject(ofAnyMedia: true)["kwparams"]
        guard let text = parameters?["uuid"]?.stringValue else {
            throw Refusal.invalid("uuid", "kwparams.uuid is missing: give the GUID of an integration.")
        }
        do throws(Refusal) {
            guard let guid = GUID(text), guid.tenant == tenant.account.fingerprint else {
                throw .notFound("integration")
            }
            let token = try await tenant.workbench.token(of: guid, for: caller)
            return Response.json([
                "access_token": .string(token.token.reveal()), "expiry": Answers.time(token.expiry),
            ])
        } catch {
            guard error.code == .loginRequired || error.code == .objectDoesNotExist else { throw error }
            // Clients make None or NULL of an answer without a token; the rest is for who looks at it.
            let reason: JSONObject = ["reason": "unknown_integration"]
            return Response.json(.object((error.payload ?? reason).merging(["message": .string(error.message)])))
        }
    }

    private func integrations(_ request: Request, _ context: WebContext) async throws -> Response {
        let (tenant, caller) = try await identify(request, context)
        let listed = try await tenant.workbench.integrations(for: caller)
        var templates: [String] = []
        for entry in listed where !templates.contains(entry.integration.template) {
            templates.append(entry.integration.template)
        }
        let providers = templates.map { template -> JSON in
            let own = listed.filter { $0.integration.template == template }
            return ["type": .string(template), "integrations": .array(own.map(Self.answer))]
        }
        return Response.json(["providers": .array(providers)])
    }

    private static func answer(_ listed: Workbench.Listed) -> JSON {
        [
            "uid": Answers.guid(listed.integration.guid), "name": .string(listed.integration.name),
            "display_name": .string(listed.integration.name), "type": .string(listed.integration.template),
            "client_id": .string(listed.clientID), "auth_url": .string(listed.authorizationEndpoint),
            "token_url": .string(listed.tokenEndpoint), "scopes": .array(listed.scopes.map(JSON.string)),
            "issuer": .string(listed.issuer), "authenticated": .bool(listed.isAuthenticated),
        ]
    }

    /// Whose session the cookie belongs to; the cookie itself names the account.
    private func identify(_ request: Request, _ context: WebContext) async throws -> (Tenant, Caller) {
        let values = request.headers[values: .rpcCookie]
        guard values.count == 1, let cookie = values.first, let fingerprint = WorkbenchCookie.claimedTenant(of: cookie),
            let tenant = try await services.tenant(fingerprint)
        else { throw WorkbenchSessions.invalidCookie }
        let origin = context.origin(of: request, .workbench)
        let caller = try await tenant.workbenchSessions.caller(cookie: SecretString(cookie), from: origin)
        Asker.isOf(tenant, caller.user.guid.description)
        return (tenant, caller)
    }

    /// Turns what a person should read into an answer that clients show.
    private func shown(_ body: () async throws -> Response) async throws -> Response {
        do { return try await body() } catch let refusal as Refusal where refusal.code == .refreshFailed {
            var response = Response.json(["error": .string(refusal.message)])
            response.headers[.retryAfter] = refusal.retryAfter.map(String.init)
            return response
        }
    }
}
