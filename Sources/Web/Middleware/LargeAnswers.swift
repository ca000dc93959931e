import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import ResourcePools
import Storage
import Synchronization

/// Gives each account its share of the large answers that wait for slow clients, whatever they were asked by: a key, a page's
/// session, a Workbench cookie.
///
/// Such an answer lies in memory until the client has read it, so the answer keeps its place until the listener has
/// flushed it. Files and exports are streamed and need no place.
struct LargeAnswers: RouterMiddleware {
    typealias Context = WebContext

    /// In bytes. Smaller ones fit into the buffers of a socket.
    static let limit = 128 * 1024
    /// How long an answer may wait for a place.
    private static let patience = Duration.seconds(20)

    let pool: FairPool

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let asker = Asker()
        var response = try await Asker.$current.withValue(asker) { try await next(request, context) }
        guard let length = response.body.contentLength, length > Self.limit, Self.isWhole(response),
            let holder = asker.account
        else { return response }
        let place: FairPool.Place
        do throws(FairPool.Failure) {
            place = try await pool.enter(holder.description, patience: Self.patience)
        } catch {
            throw Refusal(
                .tooManyRequests,
                "Too many large answers for this account wait to be read: read them, then ask again.", retryAfter: 5)
        }
        let body = response.body
        response.body = ResponseBody(contentLength: length) { writer in
            try await body.write(writer)
            withExtendedLifetime(place) {}
        }
        return response
    }

    /// Whether the answer lies in memory, and is no file that is streamed.
    private static func isWhole(_ response: Response) -> Bool {
        let type = response.headers[.contentType] ?? ""
        return type.hasPrefix("application/json") || type.hasPrefix("text/html")
    }
}

/// Whose answer a request gets: the account is told as soon as it is proven who asks.
final class Asker: Sendable {
    /// That of the request that is being handled.
    @TaskLocal static var current: Asker?

    private let known = Mutex<TenantFingerprint?>(nil)

    /// The account, once it is proven.
    var account: TenantFingerprint? { known.withLock { $0 } }

    /// Says that somebody of this account asks.
    static func isOf(_ tenant: Tenant) { current?.known.withLock { $0 = tenant.account.fingerprint } }
}
