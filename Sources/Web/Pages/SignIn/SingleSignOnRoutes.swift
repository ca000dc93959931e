import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import OAuthClient
import Storage

/// The way to the company's identity provider and back, for whoever is not signed in yet.
struct SingleSignOnRoutes {
    let services: Services

    func add(to router: RouterGroup<WebContext>) {
        router.get("/accounts/{account}/sign-in/start") { request, context in try await start(request, context) }
        router.get("/accounts/{account}/sign-in/callback") { request, context in try await complete(request, context) }
        router.get("/accounts/{account}/sign-in/signed-out") { _, context in try await signedOut(context) }
    }

    /// Our own button leads here, and so may a page of the provider or of the company (OpenID Connect Core section 4): it
    /// begins a sign-in and does nothing else.
    private func start(_ request: Request, _ context: WebContext) async throws -> Response {
        let tenant = try await services.tenant(inPathOf: context)
        let query = try request.readableQuery()
        let path = services.returnPath(query["return_to"] ?? query["target_link_uri"], tenant)
        if try await services.visitor(request, context, at: tenant).identity != nil { return .seeOther(path) }
        do throws(Refusal) {
            let beginning = try await tenant.singleSignOn.begin(
                returnPath: path, issuer: query["iss"], from: context.origin(of: request, .browser))
            return services.leave(for: beginning)
        } catch {
            guard error.code.status < 500 else { throw error }
            return failure(error, tenant)
        }
    }

    private func complete(_ request: Request, _ context: WebContext) async throws -> Response {
        let tenant = try await services.tenant(inPathOf: context)
        let parameters: CallbackParameters
        do throws(CallbackError) { parameters = try CallbackParameters(query: request.uri.query ?? "") } catch {
            return failure(
                Refusal(.loginNotPossible, "The identity provider's answer cannot be used: \(error.description)"),
                tenant)
        }
        let cookie = parameters.state.map { services.cookies.signIn(tenant.singleSignOn.cookieSuffix(ofState: $0)) }
        let visitor = try await services.visitor(request, context, at: tenant)
        let arrival = SingleSignOn.Arrival(
            parameters: parameters, cookieSecret: cookie.flatMap { request.headers.cookie($0) },
            identity: visitor.identity, origin: context.origin(of: request, .browser))
        var response: Response
        do throws(Refusal) {
            switch try await tenant.singleSignOn.complete(arrival) {
            case .signedIn(let signIn, let path):
                Measurements.signIn(nil)
                response = try await services.signedIn(signIn, request, context, tenant, to: path)
            case .tested(let path): response = .seeOther(path)
            }
        } catch {
            Measurements.signIn(error)
            guard error.code.status < 500 else { throw error }
            response = failure(error, tenant)
        }
        if let cookie {
            response.headers.append(HTTPField(name: .setCookie, value: services.cookies.clear(cookie)))
        }
        return response
    }

    private func signedOut(_ context: WebContext) async throws -> Response {
        let tenant = try await services.tenant(inPathOf: context)
        let elsewhere = try await tenant.singleSignOn.signOutAddress()
        return services.pages.page(
            "signed-out", title: "Signed out",
            [
                "end_session": .text(elsewhere?.location ?? ""), "label": .text(elsewhere?.label ?? ""),
                "sign_in": .text("/accounts/\(tenant.account.slug)/sign-in"),
            ])
    }

    private func failure(_ refusal: Refusal, _ tenant: Tenant) -> Response {
        services.pages.failure(refusal, next: ("/accounts/\(tenant.account.slug)/sign-in", "To the sign-in page"))
    }
}

extension Services {
    /// Off to the identity provider, with the cookie that the way back needs.
    func leave(for beginning: SingleSignOn.Beginning) -> Response {
        var response = Response.seeOther(beginning.location)
        response.headers[.setCookie] = cookies.set(
            cookies.signIn(beginning.cookieSuffix), beginning.cookieSecret, lifetime: SingleSignOn.lifetime)
        return response
    }
}
