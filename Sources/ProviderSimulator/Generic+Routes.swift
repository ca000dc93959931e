import HTTPTypes
import Hummingbird
import JSON

extension Simulator {
    /// What the generic provider has besides the OAuth endpoints: metadata, keys, userinfo.
    func addGenericRoutes(to router: Router<SimulatorContext>) {
        for place in MetadataPlace.allCases {
            router.get(RouterPath(place.path(issuerPath: kind.issuerPath))) { request, context in
                try await faults.around(.metadata, simulator: self, context: context) {
                    await metadata(at: place, origin: request.origin)
                }
            }
        }
        // No key signs anything here: id_tokens are HS256, with the client's secret.
        router.get("/tenant/jwks") { _, _ in Response.json(["keys": []]) }
        router.get("/tenant/userinfo") { request, context in try await userinfo(request, context) }
        router.post("/tenant/userinfo") { request, context in try await userinfo(request, context) }
    }

    private func metadata(at place: MetadataPlace, origin: String) async -> Response {
        let settings = await provider.step { issuer in
            issuer.counters.count(.metadataRequests)
            return issuer.settings
        }
        guard settings.metadataPlaces.contains(place) else {
            return .json(["error": "not_found"], status: .notFound)
        }
        switch settings.metadataLie {
        case .redirect: return .redirect(to: origin + "/elsewhere")
        case .notJSON: return .html(Pages.problem("Sign in first."))
        default: return .json(settings.genericMetadata(origin: origin))
        }
    }

    /// OpenID Connect Core, section 5.3; refusals as RFC 6750, section 3.
    private func userinfo(_ request: Request, _ context: SimulatorContext) async throws -> Response {
        await provider.step { $0.counters.count(.apiCalls) }
        return try await faults.around(.api, simulator: self, context: context) {
            let token = request.bearerToken
            let holder = await provider.step { issuer in token.flatMap { issuer.holder(ofAccessToken: $0) } }
            guard let holder, holder.isLive else {
                await provider.step { $0.counters.count(.apiRefused) }
                let body = kind.apiErrorBody(code: "invalid_token", sentence: "The access token is not valid")
                var response = Response.json(body, status: .unauthorized)
                response.headers[.wwwAuthenticate] = #"Bearer error="invalid_token""#
                return response
            }
            return .json(holder.userinfo)
        }
    }
}

extension TokenHolder {
    /// The claims about a person; of a client acting as itself only who it is.
    fileprivate var userinfo: JSON {
        guard let user else { return ["sub": .string(clientID), "client_id": .string(clientID)] }
        return [
            "sub": .string(user.username), "preferred_username": .string(user.username),
            "name": .string(user.displayName), "email": .string(user.email), "email_verified": true,
        ]
    }
}
