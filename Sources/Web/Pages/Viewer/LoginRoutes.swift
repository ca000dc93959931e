import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import OAuthClient
import Storage

/// A viewer's way to the provider and back, and the way out.
struct LoginRoutes {
    let services: Services

    func add(to router: RouterGroup<WebContext>) {
        router.get("/__oauth__/integrations/{guid}/login") { request, context in try await begin(request, context) }
        router.get("/__oauth__/integrations/{guid}/logout") { request, context in try await logOut(request, context) }
        router.post("/__oauth__/integrations/{guid}/logout") { request, context in
            try await confirmedLogOut(request, context)
        }
        router.get(RouterPath(PublicAddress.vendorCallback)) { request, context in try await complete(request, context)
        }
        router.get(RouterPath(PublicAddress.customCallback)) { request, context in try await complete(request, context)
        }
        router.get("/__oauth__/integrations/{guid}/callback") { request, context in try await complete(request, context)
        }
    }

    private func begin(_ request: Request, _ context: WebContext) async throws -> Response {
        let guid = try context.guid("guid", what: "integration")
        let tenant = try await services.tenant(of: guid)
        let visitor = try await services.visitor(request, context, at: tenant)
        let returnPath = try returnPath(request, tenant)
        let asked = ConnectionPages.address(account: tenant.account.slug, guid, returningTo: returnPath)
        guard let identity = visitor.identity else {
            return .seeOther(services.signInAddress(tenant, returnTo: asked))
        }
        // A page of another site could log somebody in to what they did not choose, unseen where the provider asks nothing.
        guard !FetchMetadata(request.headers).isForeign(to: services.world.address.base) else {
            return .seeOther(asked)
        }
        let beginning = try await tenant.logins.begin(guid, for: identity, returnPath: returnPath)
        var response = Response.found(beginning.location)
        response.headers[.setCookie] = services.cookies.set(
            services.cookies.login(beginning.cookieSuffix), beginning.cookieSecret, lifetime: LoginFlows.lifetime
        )
        return response
    }

    private func complete(_ request: Request, _ context: WebContext) async throws -> Response {
        let parameters: CallbackParameters
        do throws(CallbackError) {
            parameters = try CallbackParameters(query: request.uri.query ?? "")
        } catch {
            throw Refusal(.loginNotPossible, "The provider's answer cannot be used: \(error.description)")
        }
        guard let state = parameters.state?.reveal(), let fingerprint = LoginFlows.tenant(ofState: state),
            let tenant = try await services.tenant(fingerprint)
        else {
            throw Refusal(
                .loginNotPossible, "This is not the answer to a login that was begun here: go back and log in again.")
        }
        let cookie = services.cookies.login(LoginFlows.cookieSuffix(ofState: state))
        let visitor = try await services.visitor(request, context, at: tenant)
        let arrival = LoginFlows.Arrival(
            parameters: parameters, path: request.uri.path, cookieSecret: request.headers.cookie(cookie),
            identity: visitor.identity
        )
        var response: Response
        do throws(Refusal) {
            switch try await tenant.logins.complete(arrival) {
            case .loggedIn(let path): response = .found(path)
            case .tested(let test):
                guard let visit = Visit(visitor, request, context, services) else {
                    response = .found("/accounts/\(tenant.account.slug)/")
                    break
                }
                // The provider's answer works once; the page that tells of it can be loaded again.
                response = visit.seeOther(
                    "integrations/\(test.integration)/test?" + (await services.loginTests.keep(test, for: visit)))
            }
        } catch {
            // The cookie stays where this server failed. The login goes on at the same address, unless the provider's code was
            // already used.
            guard error.code != .accountUnavailable else { throw error }
            response = await failure(error, visitor, request, context)
        }
        response.headers[.setCookie] = services.cookies.clear(cookie)
        return response
    }

    /// Who was on the way to content is told on the page that offers the login again.
    private func failure(
        _ error: Refusal, _ visitor: Visitor, _ request: Request, _ context: WebContext
    ) async -> Response {
        let account = visitor.tenant.account
        if let path = error.payload?["return_path"]?.stringValue, let login = ContentLogin(path),
            login.account == account.slug, login.content.tenant == account.fingerprint,
            let visit = Visit(visitor, request, context, services),
            let page = try? await ContentLoginPages.page(visit, login, failure: error)
        {
            return page
        }
        return services.pages.failure(error, next: ("/accounts/\(account.slug)/", "My connections, to log in again"))
    }

    private func logOut(_ request: Request, _ context: WebContext) async throws -> Response {
        let (visitor, guid) = try await loggedInVisitor(request, context)
        guard let identity = visitor.identity, let secret = visitor.secret else {
            return .seeOther(services.signInAddress(visitor.tenant, returnTo: "/accounts/\(visitor.slug)/"))
        }
        let returnPath = try returnPath(request, visitor.tenant)
        // Another site can send a browser here; only from our own pages, or typed in, is it the viewer's own wish.
        guard FetchMetadata(request.headers).isForeign(to: services.world.address.base) else {
            try await visitor.tenant.sessions.logOut(of: guid, identity)
            return .found(returnPath)
        }
        let integration = try await visitor.tenant.integrations.entry(guid).integration
        return services.pages.page(
            "confirm", title: "Log out",
            [
                "heading": .text("Log out of \(integration.name)?"),
                "message": .text(
                    "Gatehouse forgets the tokens that it holds for you. Content that uses them asks you to log in again."
                ),
                "action": .text("/__oauth__/integrations/\(guid)/logout"), "button": .text("Log out"),
                "return_to": .text(returnPath), "csrf_token": .text(services.forms.token(secret)),
            ],
            leavesSite: true
        )
    }

    private func confirmedLogOut(_ request: Request, _ context: WebContext) async throws -> Response {
        let (visitor, guid) = try await loggedInVisitor(request, context)
        guard let identity = visitor.identity else {
            return .seeOther(services.signInAddress(visitor.tenant, returnTo: "/accounts/\(visitor.slug)/"))
        }
        let form = try await request.form()
        try services.forms.check(form, visitor.secret, request.headers)
        try await visitor.tenant.sessions.logOut(of: guid, identity)
        let path = form["return_to"].flatMap { ReturnPath.relative($0, address: services.world.address) }
        return .seeOther(path ?? "/accounts/\(visitor.slug)/")
    }

    private func loggedInVisitor(_ request: Request, _ context: WebContext) async throws -> (Visitor, GUID) {
        let guid = try context.guid("guid", what: "integration")
        return (try await services.visitor(request, context, at: try await services.tenant(of: guid)), guid)
    }

    private func returnPath(_ request: Request, _ tenant: Tenant) throws(Refusal) -> String {
        guard let wanted = try request.query()["redirect"], !wanted.isEmpty else {
            return "/accounts/\(tenant.account.slug)/"
        }
        guard let path = ReturnPath.relative(wanted, address: services.world.address) else {
            throw .invalid(
                "redirect", "redirect must be a path on this server, such as /accounts/\(tenant.account.slug)/.")
        }
        return path
    }
}
