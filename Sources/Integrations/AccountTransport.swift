import HTTPClient
import ResourcePools
import Storage

/// The way out for one account: each call counts as that account's, which has its share of the connections and of the
/// threads that read long answers.
struct AccountTransport: HTTPTransport {
    /// In bytes. A shorter answer is read in less time than going to another thread is worth.
    private static let longestAtOnce = 16 * 1024

    let base: any HTTPTransport
    let account: TenantFingerprint
    let readers: FairWorkers

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        var request = request
        request.holder = account.description
        return try await base.send(request)
    }

    func read<Value: Sendable>(
        _ response: OutboundResponse, _ body: @escaping @Sendable (OutboundResponse) -> Value
    ) async -> Value {
        guard response.body.count > Self.longestAtOnce else { return body(response) }
        do throws(FairPool.Failure) {
            return try await readers.run(for: account.description) { body(response) }
        } catch {
            // The task was cancelled. What the provider answered is read all the same: it may be the only copy of a token.
            return body(response)
        }
    }
}
