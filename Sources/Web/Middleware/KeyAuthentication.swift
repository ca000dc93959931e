import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// Finds out who sent the API key; the key itself names the account.
struct KeyAuthentication: RouterMiddleware {
    typealias Context = WebContext

    let services: Services

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let key = try Self.key(of: request.headers)
        guard let fingerprint = APIKey.tenant(of: Array(key.reveal().utf8)),
            let tenant = try await services.tenant(fingerprint)
        else { throw Refusal.invalidKey }
        var context = context
        let origin = context.origin(of: request, .system)
        let caller = try await tenant.people.caller(key: key, from: origin)
        context.identity = .init(tenant: tenant, caller: caller)
        Asker.isOf(tenant, caller.user.guid.description)
        return try await next(request, context)
    }

    static let scheme = "Key "
    static let missing = Refusal(.authenticationRequired, "Send an API key: `Authorization: Key ...`.")

    /// The key of an `Authorization: Key ...` header; the scheme's case does not matter (RFC 9110, section 11.1).
    static func key(of headers: HTTPFields) throws(Refusal) -> SecretString {
        let values = headers[values: .authorization]
        guard values.count == 1, let value = values.first, value.lowercased().hasPrefix("key ") else {
            throw Self.missing
        }
        return SecretString(String(value.dropFirst(scheme.count)))
    }
}
