import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// What a reverse proxy asks (`auth_request`, ForwardAuth), and the two ends of the ticket between the origins.
struct GatewayRoutes {
    let services: Services

    func add(to router: RouterGroup<WebContext>) {
        router.get("/v1/gateway/authorize") { request, context in
            guard context.sender?.isProxied == true else { throw Self.notAProxy }
            return try await authorize(ProxiedRequest(request, from: context.sender), request.headers)
        }
        router.get("/gateway/sign-in") { request, context in try await carryOver(request, context) }
        router.get("/content/{guid}/__gatehouse__/ticket") { request, context in try await redeem(request, context) }
        router.get("/content/{guid}") { request, context in try await toContent(request, context) }
        router.get("/content/{guid}/**") { request, context in try await toContent(request, context) }
    }

    /// What a proxy says about a request is its own word only where it is one.
    private static let notAProxy = Refusal(
        .permissionDenied, "Only a proxy may ask this: the operator of this server names it with --trusted-proxy.")

    private static let loop = Refusal(
        .upstreamLoop,
        "This content's upstream_url leads back to this server or its proxy: its publisher sets the address of the content's process."
    )

    private func authorize(_ question: ProxiedRequest, _ headers: HTTPFields) async throws -> Response {
        guard let path = question.path else { throw Refusal.notFound("content") }
        guard !question.isLoop else { throw Self.loop }
        if let name = question.reservedHeader {
            throw Refusal(
                .parameter,
                "The header \(name.rawName.prefix(64)) may be set by this server and its proxies alone: send the request without it."
            )
        }
        try path.checkLength()
        let origin = try services.contentOrigin(of: path.guid)
        let tenant = try await services.tenant(of: path.guid)
        guard services.world.address.serves(path.guid, at: question.host) else {
            // At another content's origin its scripts could read this one.
            guard question.isNavigation else { return signInFirst(try services.address(of: path.guid, path.first)) }
            return unauthorized(to: try services.address(of: path.guid, path.target), cookie: nil)
        }
        let isForeign = question.isForeign(to: origin)
        let secret = isForeign ? nil : headers.cookie(services.cookies.content(path.guid))
        switch try await tenant.gateway.authorize(content: path.guid, secret: secret) {
        case .allowed(let upstream, _) where services.world.upstreams.isOwn(upstream): throw Self.loop
        case .allowed(let upstream, let token):
            var response = Response(status: .ok, headers: [.cacheControl: "no-store", .gatehouseUpstream: upstream])
            response.headers[.userSessionToken] = token?.reveal()
            return response
        case .signIn where isForeign:
            throw Refusal(.crossSiteRequest, "Another site's page asked for this: open the content in its own window.")
        case .signIn where question.isNavigation: return signIn(path, headers)
        case .signIn:
            return signInFirst(services.world.address.base + services.signInAddress(tenant, returnTo: path.first))
        case .logIn where question.isNavigation: return toPage(path, tenant)
        case .logIn:
            let page = ContentLogin(account: tenant.account.slug, content: path.guid, target: path.first)
            return signInFirst(services.world.address.base + page.path)
        // In a window the page says so, with a way back; a program is told by the status.
        case .forbidden where question.isNavigation: return toPage(path, tenant)
        case .forbidden: throw Refusal(.permissionDenied, "You may not open this content: ask its owner.")
        case .unknown: throw Refusal.notFound("content")
        case .noUpstream:
            throw Services.noUpstream
        }
    }

    /// How long a tab may stay at the sign-in page before it goes on to content.
    private static let nonceLifetime = Duration.seconds(86_400)

    /// To the sign-in, with the cookie of the nonce. Where the browser has one, its time begins anew.
    private func signIn(_ path: ContentPath, _ headers: HTTPFields) -> Response {
        let name = services.cookies.nonce(path.guid)
        let nonce = Gateway.nonce(headers.cookie(name))
        let to = ReturnPath.parameter(path.target)
        let target = "\(services.world.address.base)/gateway/sign-in?binding=\(nonce.binding)&to=\(to)"
        let cookie = services.cookies.setAtContent(name, nonce.secret, content: path.guid, lifetime: Self.nonceLifetime)
        return unauthorized(to: target, cookie: cookie)
    }

    /// What a script is told. It gets no cookie, since another tab may be on its way through the sign-in with the one that is there.
    ///
    /// - Parameter address: where a window that is opened leads through what is missing, and to the content in the end.
    private func signInFirst(_ address: String) -> Response {
        let refusal = Refusal(
            .authenticationRequired, "Sign in first: open payload.login_url in a window, or reload the page.",
            payload: ["login_url": .string(address)])
        var response = Response.refusal(refusal)
        response.headers[.gatehouseBody] = String(decoding: refusal.body.serialized(), as: UTF8.self)
        return response
    }

    /// To the page before the content, which says what is missing.
    ///
    /// The content's own session is taken back: the way from there asks once more who is signed in at the pages, so that page
    /// and gateway judge the same person.
    private func toPage(_ path: ContentPath, _ tenant: Tenant) -> Response {
        let page = ContentLogin(account: tenant.account.slug, content: path.guid, target: path.target)
        let cookie = services.cookies.clearAtContent(services.cookies.content(path.guid), content: path.guid)
        return unauthorized(to: services.world.address.base + page.path, cookie: cookie)
    }

    private func unauthorized(to location: String, cookie: String?) -> Response {
        var response = Response.refusal(
            Refusal(.authenticationRequired, "Send the browser to the address in X-Gatehouse-Location."))
        response.headers[.gatehouseLocation] = location
        response.headers[.setCookie] = cookie
        return response
    }

    /// At the pages' origin: whoever is signed in gets a ticket, everybody else signs in first.
    private func carryOver(_ request: Request, _ context: WebContext) async throws -> Response {
        let query = try request.query()
        guard let path = ContentPath(parameter: query["to"]) else { throw Refusal.notFound("content") }
        let tenant = try await services.tenant(of: path.guid)
        let visitor = try await services.visitor(request, context, at: tenant, inFrames: true)
        guard let identity = visitor.identity else {
            return .seeOther(services.signInAddress(tenant, returnTo: request.uri.string))
        }
        let ticket = try await tenant.gateway.issueTicket(
            for: identity, content: path.guid, binding: query["binding"] ?? "")
        let address = "\(try services.contentOrigin(of: path.guid))/content/\(path.guid)/__gatehouse__/ticket"
        return .found("\(address)?ticket=\(ticket.reveal())&to=\(ReturnPath.parameter(path.target))")
    }

    /// At the content's origin: the ticket becomes a cookie.
    ///
    /// The nonce stays until it ends, for the tickets of other tabs.
    private func redeem(_ request: Request, _ context: WebContext) async throws -> Response {
        let guid = try context.guid("guid", what: "content")
        let query = try request.query()
        guard let path = ContentPath(parameter: query["to"]), path.guid == guid,
            services.world.address.serves(guid, at: ProxiedRequest(request, from: context.sender).host)
        else { throw Refusal.notFound("content") }
        let tenant = try await services.tenant(of: guid)
        let address = try services.address(of: guid, path.target)
        let nonce = request.headers.cookie(services.cookies.nonce(guid))
        guard let nonce,
            let session = try await tenant.gateway.redeem(
                SecretString(query["ticket"] ?? ""), nonce: nonce, content: guid,
                from: context.origin(of: request, .browser))
        else {
            // A tab that was restored, or that another one of the same browser was faster than: the gateway judges what the
            // browser has, and leads through the sign-in again where it must. A browser without a nonce would go round in
            // circles there.
            let secret = request.headers.cookie(services.cookies.content(guid))
            guard nonce == nil, case .signIn = try await tenant.gateway.authorize(content: guid, secret: secret) else {
                return .found(address)
            }
            throw Refusal(
                .loginNotPossible, "This link works once, in the browser that asked for it: open the content again.")
        }
        var response = Response.found(address)
        let lifetime = session.expiresAt - services.world.clock.now
        response.headers[.setCookie] = services.cookies.setAtContent(
            services.cookies.content(guid), session.secret, content: guid, lifetime: lifetime)
        return response
    }

    /// The pages' origin knows where content is.
    private func toContent(_ request: Request, _ context: WebContext) async throws -> Response {
        guard let path = ContentPath(request.uri.string), let way = path.way else { throw Refusal.notFound("content") }
        if request.headers[.authorization]?.lowercased().hasPrefix("key ") == true {
            return try await describe(path.guid, request, context)
        }
        try path.checkLength()
        return .found(try services.address(of: path.guid, way))
    }

    /// Programs that have just deployed or restarted content look here, with their key, whether the server can serve it.
    /// What runs is not started by this server, so they learn where it is and need not go there.
    private func describe(_ guid: GUID, _ request: Request, _ context: WebContext) async throws -> Response {
        let key = try KeyAuthentication.key(of: request.headers)
        guard APIKey.tenant(of: Array(key.reveal().utf8)) == guid.tenant,
            let tenant = try await services.tenant(guid.tenant)
        else { throw Refusal.notFound("content") }
        let caller = try await tenant.people.caller(key: key, from: context.origin(of: request, .system))
        let content = try await tenant.contents.content(guid, for: caller)
        return .json([
            "guid": Answers.guid(content.guid), "app_mode": .string(content.appMode ?? "unknown"),
            "content_url": services.world.address.contentAddress(of: content.guid).map(JSON.string) ?? .null,
            "message": "Gatehouse knows this content and does not run it: open content_url in a browser.",
        ])
    }
}

extension Services {
    /// Where browsers find a content.
    func contentOrigin(of guid: GUID) throws(Refusal) -> String {
        guard let origin = world.address.contentOrigin(of: guid) else { throw Self.noContentOrigin }
        return origin
    }

    /// Where browsers find a page of a content.
    ///
    /// - Parameter path: its path and query, with the content's prefix.
    func address(of guid: GUID, _ path: String) throws(Refusal) -> String {
        guard let address = world.address.contentAddress(of: guid, path: path) else { throw Self.noContentOrigin }
        return address
    }

    private static let noContentOrigin = Refusal(
        .accountUnavailable, "This server has no origin for content: its operator sets one with --content-url.")
    static let noUpstream = Refusal(
        .accountUnavailable, "This content has no address yet: its publisher sets upstream_url.")

    /// Refusals that mean that a publisher or an operator must still set something. The server has not failed.
    static let unset = [noContentOrigin, noUpstream]
}
