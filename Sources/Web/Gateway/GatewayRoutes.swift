import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import OAuthClient
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
        let origin = try services.contentOrigin(of: path.guid)
        let tenant = try await services.tenant(of: path.guid)
        guard services.world.address.serves(path.guid, at: question.host) else {
            // At another content's origin its scripts could read this one.
            return unauthorized(to: origin + path.target, cookie: nil)
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
        case .signIn: return signIn(path)
        case .logIn: return toPage(path, tenant)
        // In a window the page says so, with a way back; a program is told by the status.
        case .forbidden where FetchMetadata(headers).isNavigation: return toPage(path, tenant)
        case .forbidden: throw Refusal(.permissionDenied, "You may not open this content: ask its owner.")
        case .unknown: throw Refusal.notFound("content")
        case .noUpstream:
            throw Refusal(.accountUnavailable, "This content has no address yet: its publisher sets upstream_url.")
        }
    }

    private func signIn(_ path: ContentPath) -> Response {
        let nonce = Gateway.makeNonce()
        let target =
            "\(services.world.address.base)/gateway/sign-in?binding=\(nonce.binding)&to=\(FormEncoding.encode(path.target))"
        let cookie = services.cookies.setAtContent(
            services.cookies.nonce(path.guid), nonce.secret, content: path.guid, lifetime: .seconds(600)
        )
        return unauthorized(to: target, cookie: cookie)
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
        guard let path = ContentPath(query["to"] ?? ""), ReturnPath.target(path.whole) != nil else {
            throw Refusal.notFound("content")
        }
        let tenant = try await services.tenant(of: path.guid)
        let visitor = try await services.visitor(request, context, at: tenant, inFrames: true)
        guard let identity = visitor.identity else {
            return .seeOther(services.signInAddress(tenant, returnTo: request.uri.string))
        }
        let ticket = try await tenant.gateway.issueTicket(
            for: identity, content: path.guid, binding: query["binding"] ?? "")
        let address = "\(try services.contentOrigin(of: path.guid))/content/\(path.guid)/__gatehouse__/ticket"
        return .found("\(address)?ticket=\(ticket.reveal())&to=\(FormEncoding.encode(path.whole))")
    }

    /// At the content's origin: the ticket becomes a cookie.
    private func redeem(_ request: Request, _ context: WebContext) async throws -> Response {
        let guid = try context.guid("guid", what: "content")
        let query = try request.query()
        guard let path = ContentPath(query["to"] ?? ""), path.guid == guid, ReturnPath.target(path.whole) != nil,
            services.world.address.serves(guid, at: ProxiedRequest(request, from: context.sender).host)
        else { throw Refusal.notFound("content") }
        let tenant = try await services.tenant(of: guid)
        let nonce = request.headers.cookie(services.cookies.nonce(guid))
        guard let nonce,
            let session = try await tenant.gateway.redeem(
                SecretString(query["ticket"] ?? ""), nonce: nonce, content: guid,
                from: context.origin(of: request, .browser))
        else {
            throw Refusal(
                .loginNotPossible, "This link works once, in the browser that asked for it: open the content again.")
        }
        var response = Response.found(path.whole)
        let lifetime = session.expiresAt - services.world.clock.now
        response.headers[values: .setCookie] = [
            services.cookies.setAtContent(
                services.cookies.content(guid), session.secret, content: guid, lifetime: lifetime),
            services.cookies.clearAtContent(services.cookies.nonce(guid), content: guid),
        ]
        return response
    }

    /// The pages' origin knows where content is.
    private func toContent(_ request: Request, _ context: WebContext) async throws -> Response {
        guard let path = ContentPath(request.uri.string), ReturnPath.target(path.whole) != nil else {
            throw Refusal.notFound("content")
        }
        if request.headers[.authorization]?.lowercased().hasPrefix("key ") == true {
            return try await describe(path.guid, request, context)
        }
        return .found(try services.contentOrigin(of: path.guid) + path.whole)
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
        guard let origin = world.address.contentOrigin(of: guid) else {
            throw Refusal(
                .accountUnavailable,
                "This server has no origin for content: its operator sets one with --content-url.")
        }
        return origin
    }
}
