import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import OAuthClient
import Storage

/// Invite, sign in, sign out.
struct SignInRoutes {
    let services: Services

    func add(to router: RouterGroup<WebContext>) {
        router.get("/") { _, _ in front() }
        router.get("/accounts") { request, _ in try await toAccount(request) }
        router.get("/accounts/{account}/sign-in") { request, context in try await signInPage(request, context) }
        router.post("/accounts/{account}/sign-in") { request, context in try await signIn(request, context) }
        router.get("/accounts/{account}/invite") { request, context in try await invitePage(request, context) }
        router.post("/accounts/{account}/invite") { request, context in try await acceptInvite(request, context) }
        router.post("/accounts/{account}/sign-out") { request, context in try await signOut(request, context) }
    }

    private func front(_ typed: String = "", error: Refusal? = nil) -> Response {
        let account = Field("account", "Account", value: typed, isRequired: true, autocomplete: "organization")
        return services.pages.page(
            "front", title: "Gatehouse", Field.form([account], typed: nil, error: error),
            status: error.map { .init(code: $0.code.status) } ?? .ok)
    }

    private func toAccount(_ request: Request) async throws -> Response {
        let typed = try request.query()["account"]?.trimmed ?? ""
        do throws(Refusal) {
            guard let slug = AccountSlug(typed.lowercased()) else {
                throw .invalid("account", "An account's name has \(AccountSlug.rule).")
            }
            let tenant = try await services.tenant(named: slug)
            return .seeOther("/accounts/\(tenant.account.slug)/")
        } catch {
            guard error.code.status < 500 else { throw error }
            return front(
                String(typed.prefix(TextRules.lineLength)), error: .invalid("account", error.message, code: error.code))
        }
    }

    private func signInPage(_ request: Request, _ context: WebContext) async throws -> Response {
        let tenant = try await services.tenant(inPathOf: context)
        let returnPath = returnPath(try request.query()["return_to"], tenant)
        if try await services.visitor(request, context, at: tenant).identity != nil { return .seeOther(returnPath) }
        return try await signInForm(request, tenant, email: "", returnPath: returnPath, error: nil)
    }

    private func signIn(_ request: Request, _ context: WebContext) async throws -> Response {
        let tenant = try await services.tenant(inPathOf: context)
        let form = try await request.form()
        try services.forms.check(form, request.headers.cookie(services.cookies.form), request.headers)
        let returnPath = returnPath(form["return_to"], tenant)
        let email = form["email"] ?? ""
        do throws(Refusal) {
            let signIn = try await tenant.people.signIn(
                email: email, password: SecretString(form["password"] ?? ""),
                from: context.origin(of: request, .browser)
            )
            Measurements.signIn(nil)
            return try await services.signedIn(signIn, request, context, tenant, to: returnPath)
        } catch {
            Measurements.signIn(error)
            guard error.code.status < 500 else { throw error }
            return try await signInForm(request, tenant, email: email, returnPath: returnPath, error: error)
        }
    }

    private func invitePage(_ request: Request, _ context: WebContext) async throws -> Response {
        let tenant = try await services.tenant(inPathOf: context)
        let token = SecretString(try request.query()["token"] ?? "")
        guard let user = try await tenant.people.invitedUser(token) else {
            let refusal = Refusal(
                .parameter,
                "This invite was used already or is too old: sign in, or ask your administrator for a new one."
            )
            return services.pages.failure(refusal, next: ("/accounts/\(tenant.account.slug)/sign-in", "Sign in"))
        }
        return inviteForm(request, tenant, token: token, email: user.email, error: nil)
    }

    private func acceptInvite(_ request: Request, _ context: WebContext) async throws -> Response {
        let tenant = try await services.tenant(inPathOf: context)
        let form = try await request.form()
        try services.forms.check(form, request.headers.cookie(services.cookies.form), request.headers)
        let token = SecretString(form["token"] ?? "")
        let user = try await tenant.people.invitedUser(token)
        do throws(Refusal) {
            guard form["password"] == form["password_again"] else {
                throw .invalid("password_again", "The two passwords differ: type the same twice.")
            }
            let signIn = try await tenant.people.acceptInvite(
                token, password: SecretString(form["password"] ?? ""), from: context.origin(of: request, .browser))
            return try await services.signedIn(signIn, request, context, tenant, to: home(tenant))
        } catch {
            guard let user, error.code.status < 500 else { throw error }
            return inviteForm(request, tenant, token: token, email: user.email, error: error)
        }
    }

    private func signOut(_ request: Request, _ context: WebContext) async throws -> Response {
        let tenant = try await services.tenant(inPathOf: context)
        let visitor = try await services.visitor(request, context, at: tenant)
        let form = try await request.form()
        guard let identity = visitor.identity else { return .seeOther("/accounts/\(tenant.account.slug)/sign-in") }
        try services.forms.check(form, visitor.secret, request.headers)
        try await tenant.people.signOut(identity)
        // Whoever came by the identity provider is still signed in there, and is told so.
        let path = try await tenant.singleSignOn.knows(identity.user.guid) ? "sign-in/signed-out" : "sign-in"
        var response = Response.seeOther("/accounts/\(tenant.account.slug)/\(path)")
        response.headers[.setCookie] = services.cookies.clear(services.cookies.session(tenant.account.fingerprint))
        return response
    }

    private func signInForm(
        _ request: Request, _ tenant: Tenant, email: String, returnPath: String, error: Refusal?
    ) async throws(Refusal) -> Response {
        let offer = try await tenant.singleSignOn.offer()
        let path = "/accounts/\(tenant.account.slug)/sign-in"
        let query = "return_to=" + ReturnPath.parameter(returnPath)
        // While passwords are off, the form is there for those who ask for it, or have just used it.
        let asks = request.method == .post || (try? request.query())?["with"] == "password"
        return form(
            "sign-in", title: "Sign in", request, tenant,
            [
                "email": .text(String(email.prefix(TextRules.lineLength))), "return_to": .text(returnPath),
                "label": .text(offer.label ?? ""),
                "start": .text("\(path)/start?\(query)"), "takes_password": .flag(!offer.isOnly || asks),
                "is_only": .flag(offer.isOnly), "password_form": .text("\(path)?with=password&\(query)"),
            ], error: error, leavesSite: true
        )
    }

    private func inviteForm(
        _ request: Request, _ tenant: Tenant, token: SecretString, email: String, error: Refusal?
    ) -> Response {
        form(
            "invite", title: "Welcome", request, tenant,
            [
                "email": .text(email), "token": .text(token.reveal()),
                "minimum": .text(String(People.minimumPasswordLength)),
            ], error: error, leavesSite: false
        )
    }

    /// A form for somebody who is not signed in: a cookie of its own ties it to the browser.
    private func form(
        _ name: String, title: String, _ request: Request, _ tenant: Tenant, _ values: [String: PageValue],
        error: Refusal?,
        leavesSite: Bool
    ) -> Response {
        let secret =
            request.headers.cookie(services.cookies.form) ?? SecretString(Base64URL.encode(SecureRandom.bytes(32)))
        var values = values
        values["account"] = .text(tenant.account.slug.text)
        values["csrf_token"] = .text(services.forms.token(secret))
        if let error { values["error"] = .text(error.message) }
        var response = services.pages.page(
            name, title: title, values, status: error.map { .init(code: $0.code.status) } ?? .ok, leavesSite: leavesSite
        )
        response.headers[.retryAfter] = error?.retryAfter.map(String.init)
        response.headers[.setCookie] = services.cookies.set(
            services.cookies.form, secret, lifetime: People.sessionLifetime)
        return response
    }

    private func home(_ tenant: Tenant) -> String { services.home(tenant) }

    private func returnPath(_ text: String?, _ tenant: Tenant) -> String { services.returnPath(text, tenant) }
}

extension Services {
    /// Where somebody goes who came from nowhere.
    func home(_ tenant: Tenant) -> String { "/accounts/\(tenant.account.slug)/" }

    /// Where somebody was headed, where that is an address of ours; otherwise home.
    func returnPath(_ text: String?, _ tenant: Tenant) -> String {
        text.flatMap { ReturnPath.relative($0, address: world.address) } ?? home(tenant)
    }

    /// On to where somebody was headed, with the cookie of the session.
    ///
    /// The session that the browser had here before ends: content that it opened as somebody else would go on being that
    /// person's, while the pages are this one's.
    func signedIn(
        _ signIn: SignIn, _ request: Request, _ context: WebContext, _ tenant: Tenant, to path: String
    ) async throws(Refusal) -> Response {
        if let before = try await visitor(request, context, at: tenant).identity {
            try await tenant.people.signOut(before)
        }
        var response = Response.seeOther(path)
        response.headers[.setCookie] = cookies.set(
            cookies.session(tenant.account.fingerprint), signIn.secret, lifetime: People.sessionLifetime
        )
        return response
    }
}
