import HTTPTypes
import Hummingbird

extension Simulator {
    /// The revocation endpoint (RFC 7009). Nothing is revoked twice by faults: they hit before or after, as at the others.
    func addRevocationRoute(to router: Router<SimulatorContext>, at path: String) {
        router.post(RouterPath(path)) { request, context in
            let form = try await request.form()
            await provider.step { $0.counters.count(.revocationRequests) }
            return try await faults.around(.revoke, simulator: self, context: context) {
                await provider.step { issuer in
                    do throws(OAuthRefusal) {
                        guard let form else { throw OAuthRefusal(.invalidRequest, "The body is not a readable form") }
                        try issuer.revoke(TokenRequest(form, request))
                        return Response(status: .ok)
                    } catch {
                        return issuer.kind.answer(error, settings: issuer.settings)
                    }
                }
            }
        }
    }
}

extension TokenRequest {
    /// What arrived, with this form as its body.
    init(_ form: Form, _ request: Request) {
        self.init(parameters: form, authorization: request.headers[.authorization], origin: request.origin)
    }
}
