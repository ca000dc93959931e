import HTTPTypes
import Hummingbird
import JSON

extension Simulator {
    /// The door through which tests set the stage: JSON, no authentication, callers on this machine only.
    func addControlRoutes(to router: Router<SimulatorContext>) {
        let control = router.group("/_control").add(middleware: LocalCallersOnly())
        addStateRoutes(to: control)
        addTokenRoutes(to: control)
        addFaultRoutes(to: control)
    }

    private func addStateRoutes(to control: RouterGroup<SimulatorContext>) {
        control.post("/clients") { request, _ in
            let client = try RegisteredClient(await request.object())
            await provider.step { $0.register(client) }
            return Response.json(["client_id": .string(client.id)])
        }
        control.post("/users") { request, _ in
            let user = try SimulatedUser(await request.object())
            await provider.step { $0.register(user) }
            return Response.json(["username": .string(user.username)])
        }
        control.get("/settings") { _, _ in Response.json(await provider.step { $0.settings.json }) }
        control.patch("/settings") { request, _ in
            let changes = try await request.object()
            return Response.json(
                try await provider.step { (issuer) throws(ControlRefusal) in
                    try issuer.settings.apply(changes)
                    return issuer.settings.json
                })
        }
        control.get("/counters") { _, _ in Response.json(await provider.step { $0.counters.json }) }
        control.post("/counters/reset") { _, _ in
            await provider.step { $0.counters = Counters() }
            return Response(status: .noContent)
        }
        control.get("/issued") { _, _ in Response.json(await provider.step { $0.ledger.json }) }
        control.post("/clock") { request, _ in
            guard let seconds = try await request.object()["advance_seconds"]?.integerValue, seconds >= 0 else {
                throw ControlRefusal("advance_seconds is a number of seconds, 0 or more")
            }
            return Response.json(
                await provider.step { issuer in
                    issuer.clock.advance(seconds: seconds)
                    return ["now": .integer(issuer.clock.nowSeconds)]
                })
        }
        control.post("/authorize-as") { request, _ in try await authorizeAs(await request.object()) }
    }

    private func addTokenRoutes(to control: RouterGroup<SimulatorContext>) {
        control.post("/revoke") { request, _ in
            let body = try await request.object()
            let username = try body.text("username")
            let accessTokensOnly = body["access_tokens_only"]?.boolValue ?? false
            await provider.step { $0.revoke(username: username, accessTokensOnly: accessTokensOnly) }
            return Response(status: .noContent)
        }
        control.get("/revocations") { _, _ in
            Response.json(.array(await provider.step { $0.revocations.map(\.json) }))
        }
        control.post("/token-state") { request, _ in
            let token = try await request.object().text("token")
            return Response.json(await provider.step { $0.state(ofToken: token) })
        }
    }

    /// Plays a person's login without the page, for benchmarks and tests of other things than the page.
    private func authorizeAs(_ body: JSONObject) async throws -> Response {
        let username = try body.text("username")
        let url = try body.text("authorization_url")
        guard let start = url.firstRange(of: "://")?.upperBound,
            let queryStart = url.firstIndex(of: "?"),
            let query = Form(encoded: url[url.index(after: queryStart)...])
        else { throw ControlRefusal("authorization_url is not an absolute URL with a query") }
        guard await provider.step({ $0.users[username] }) != nil else {
            throw ControlRefusal("There is no user \(username)")
        }
        let origin = "http://" + url[start..<queryStart].prefix { $0 != "/" }
        let isDenied = body["deny"]?.boolValue ?? false
        do throws(AuthorizationProblem) {
            let checked = try await provider.step { (issuer) throws(AuthorizationProblem) in try issuer.open(query) }
            let location = await location(for: checked, origin: origin, username: isDenied ? nil : username)
            return .json(["location": .string(location)])
        } catch {
            switch error {
            case .page(let sentence): throw ControlRefusal(sentence)
            case .redirect(let refusal, let uri, let state):
                let location = await provider.step {
                    $0.callback(to: uri, state: state, origin: origin, result: .failure(refusal))
                }
                return .json(["location": .string(location)])
            }
        }
    }

    private func addFaultRoutes(to control: RouterGroup<SimulatorContext>) {
        control.post("/faults") { request, _ in
            await faults.add(try Fault(await request.object()))
            return Response(status: .noContent)
        }
        control.get("/faults") { _, _ in Response.json(.array(await faults.pending)) }
        control.delete("/faults") { _, _ in
            await faults.clear()
            return Response(status: .noContent)
        }
        control.get("/faults/held") { request, _ in
            if let count = request.query?["wait_for"].flatMap({ Int($0) }) { await faults.waitUntilHeld(count) }
            return Response.json(["held": .integer(Int64(await faults.heldCount))])
        }
        control.post("/faults/release") { _, _ in
            Response.json(["released": .integer(Int64(await faults.release()))])
        }
    }
}

/// The control door gives away every secret, so it stays shut for other machines wherever the simulator listens.
private struct LocalCallersOnly: RouterMiddleware {
    func handle(
        _ request: Request, context: SimulatorContext,
        next: (Request, SimulatorContext) async throws -> Response
    ) async throws -> Response {
        guard context.isLocal else {
            return .json(["error": "The control door answers callers on this machine only"], status: .forbidden)
        }
        return try await next(request, context)
    }
}
