import Cryptography
import HTTPTypes
import Hummingbird
import JSON

extension Simulator {
    func addDatabricksRoutes(to router: Router<SimulatorContext>) {
        router.get("/oidc/.well-known/oauth-authorization-server") { request, _ in
            await provider.step { issuer in
                issuer.counters.count(.metadataRequests)
                return Response.json(Self.metadata(origin: request.origin, settings: issuer.settings))
            }
        }
        // databricks-sdk asks every host for this before anything else.
        router.get("/.well-known/databricks-config") { request, _ in
            Response.json([
                "oidc_endpoint": .string("\(request.origin)/oidc"), "workspace_id": "1234567890123456", "cloud": "AWS",
            ])
        }
        router.get("/api/2.0/preview/scim/v2/Me") { request, context in
            try await databricksCall(request, context) { holder in .json(holder.scimUser) }
        }
        router.post("/api/2.0/sql/statements") { request, context in
            let body = try await request.object()
            return try await databricksCall(request, context) { holder in
                guard let statement = body["statement"]?.stringValue, !statement.isEmpty else {
                    return Self.databricksError(.badRequest, "INVALID_PARAMETER_VALUE", "statement must be set")
                }
                return .json(holder.statementAnswer(id: Self.statementID(of: holder)))
            }
        }
        router.get("/api/2.0/sql/statements/:id") { request, context in
            let id = try context.parameters.require("id")
            return try await databricksCall(request, context) { holder in
                guard id == Self.statementID(of: holder) else {
                    return Self.databricksError(
                        .notFound, "RESOURCE_DOES_NOT_EXIST", "The statement was not found")
                }
                return .json(holder.statementAnswer(id: id))
            }
        }
    }

    /// RFC 8414, at the appended path that Databricks uses. No revocation endpoint.
    private static func metadata(origin: String, settings: Settings) -> JSON {
        var metadata: JSONObject = [
            "issuer": .string("\(origin)/oidc"),
            "authorization_endpoint": .string("\(origin)/oidc/v1/authorize"),
            "token_endpoint": .string("\(origin)/oidc/v1/token"),
            "response_types_supported": ["code"],
            "grant_types_supported": ["client_credentials", "authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["all-apis", "email", "offline_access", "openid", "profile", "sql"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "id_token_signing_alg_values_supported": ["HS256"],
            "subject_types_supported": ["public"],
        ]
        if settings.advertiseIssuer { metadata["authorization_response_iss_parameter_supported"] = true }
        return .object(metadata)
    }

    /// Checks the token as the API does, then answers for whoever is behind it.
    private func databricksCall(
        _ request: Request, _ context: SimulatorContext, answer: (TokenHolder) async -> Response
    ) async throws -> Response {
        await provider.step { $0.counters.count(.apiCalls) }
        return try await faults.around(.api, simulator: self, context: context) {
            guard let token = request.bearerToken else {
                await provider.step { $0.counters.count(.apiRefused) }
                return Self.databricksError(
                    .unauthorized, "UNAUTHENTICATED",
                    "Credential was not sent or was of an unsupported type for this API.")
            }
            let (holder, refused) = await provider.step {
                ($0.holder(ofAccessToken: token), $0.settings.lastSecondsRefused * 1000)
            }
            guard let holder, holder.isLive, holder.millisecondsLeft > refused else {
                await provider.step { $0.counters.count(.apiRefused) }
                return Self.databricksError(.forbidden, "PERMISSION_DENIED", "Invalid access token.")
            }
            return await answer(holder)
        }
    }

    private static func databricksError(_ status: HTTPResponse.Status, _ code: String, _ message: String) -> Response {
        .json(Kind.databricks.apiErrorBody(code: code, sentence: message), status: status)
    }

    /// A statement id that only its user can use again, without keeping any: it is made from who asks.
    private static func statementID(of holder: TokenHolder) -> String {
        let hex = SHA256.hash("statement of \(holder.name)").hex
        let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { hex.dropFirst($0.lowerBound).prefix($0.count) }
        return parts.joined(separator: "-")
    }
}
