import HTTPClient
import ResourcePools
import Storage

/// The way out for one account: each call counts as that account's, which has its share of the connections and of the
/// threads that read long answers.
struct AccountTransport: HTTPTransport {
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
        guard response.body.count > OutboundResponse.longestReadAtOnce else { return body(response) }
        defer { response.wasRead() }
        // A task of its own, which is not cancelled: the answer may be the only copy of a token.
        return await Task {
            do throws(FairPool.Failure) {
                return try await readers.run(for: account.description) { body(response) }
            } catch {
                // The queue cannot be full: fewer answers have places than may wait here.
                return body(response)
            }
        }.value
    }
}
