import HTTPTypes
import Hummingbird

extension Simulator {
    /// What all providers have: the authorization page and the token endpoint, at their own paths.
    func addOAuthRoutes(to router: Router<SimulatorContext>) {
        for paths in kind.endpoints {
            addAuthorizeRoutes(to: router, at: paths.authorize)
            addTokenRoute(to: router, at: paths.token)
            if let path = paths.revoke { addRevocationRoute(to: router, at: path) }
        }
    }

    private func addAuthorizeRoutes(to router: Router<SimulatorContext>, at path: String) {
        router.get(RouterPath(path)) { request, context in
            try await faults.around(.authorize, simulator: self, context: context) {
                guard let query = request.query else {
                    return .html(Pages.problem("The request is not readable."), status: .badRequest)
                }
                return await authorize(query, origin: request.origin) { _ in
                    .html(Pages.login(kind: kind, request: query, action: request.uri.path))
                }
            }
        }
        router.post(RouterPath(path)) { request, context in
            let form = try await request.form()
            return try await faults.around(.authorize, simulator: self, context: context) {
                await decide(form, request)
            }
        }
    }

    private func addTokenRoute(to router: Router<SimulatorContext>, at path: String) {
        router.post(RouterPath(path)) { request, context in
            let form = try await request.form()
            await provider.step { $0.counters.count(.tokenRequests) }
            return try await faults.around(.token, grant: form?["grant_type"], simulator: self, context: context) {
                await answerToken(form, request)
            }
        }
    }

    private func answerToken(_ form: Form?, _ request: Request) async -> Response {
        await provider.step { issuer in
            do throws(OAuthRefusal) {
                guard let form else { throw OAuthRefusal(.invalidRequest, "The body is not a readable form") }
                let grant = try issuer.answer(TokenRequest(form, request))
                return issuer.kind.answer(grant, settings: issuer.settings)
            } catch {
                return issuer.kind.answer(error, settings: issuer.settings)
            }
        }
    }

    /// The form came back: the request in its hidden fields is checked again, then the decision.
    private func decide(_ form: Form?, _ returned: Request) async -> Response {
        guard let form else { return .html(Pages.problem("The form is not readable."), status: .badRequest) }
        let origin = returned.origin
        let ownFields: Set = ["username", "password", "decision"]
        let request = Form(form.parameters.filter { !ownFields.contains($0.name) }.map { ($0.name, $0.value) })
        return await authorize(request, isReturning: true, origin: origin) { checked in
            if form["decision"] == "deny" {
                return .redirect(to: await location(for: checked, origin: origin, username: nil))
            }
            guard let username = form["username"], let password = form["password"],
                await provider.step({ $0.users[username]?.password }) == password
            else {
                let page = Pages.login(
                    kind: kind, request: request, action: returned.uri.path,
                    problem: "Username or password is wrong.")
                return .html(page, status: .forbidden)
            }
            return .redirect(to: await location(for: checked, origin: origin, username: username))
        }
    }

    private func authorize(
        _ parameters: Form, isReturning: Bool = false, origin: String,
        then answer: (AuthorizationRequest) async -> Response
    ) async -> Response {
        let checked: AuthorizationRequest
        do throws(AuthorizationProblem) {
            checked = try await provider.step { (issuer) throws(AuthorizationProblem) in
                isReturning ? try issuer.check(parameters) : try issuer.open(parameters)
            }
        } catch {
            switch error {
            case .page(let sentence): return .html(Pages.problem(sentence), status: .badRequest)
            case .redirect(let refusal, let uri, let state):
                return .redirect(
                    to: await provider.step {
                        $0.callback(to: uri, state: state, origin: origin, result: .failure(refusal))
                    })
            }
        }
        return await answer(checked)
    }

    /// Where the browser goes after the decision; no user name is a "no".
    func location(for request: AuthorizationRequest, origin: String, username: String?) async -> String {
        await provider.step { issuer in
            let result: Result<String, OAuthRefusal> =
                username.map { .success(issuer.makeCode(for: request, username: $0)) }
                ?? .failure(OAuthRefusal(.accessDenied, "The user denied the request"))
            return issuer.callback(to: request.redirectURI, state: request.state, origin: origin, result: result)
        }
    }
}
