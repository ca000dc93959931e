import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import ResourcePools
import Storage

/// Gives each account, and each person of it, a share of the large answers that wait for slow clients, whatever they were
/// asked by: a key, a page's session, a Workbench cookie.
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
        var response = try await next(request, context)
        guard let length = response.body.contentLength, length > Self.limit, Self.isWhole(response),
            let (account, person) = Asker.current?.known
        else { return response }
        let place: FairPool.Place
        do throws(FairPool.Failure) {
            place = try await pool.enter(
                account.description, sender: person, subject: "\(account) \(person)", patience: Self.patience)
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
