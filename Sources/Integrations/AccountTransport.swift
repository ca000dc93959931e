import HTTPClient
import Storage

/// The way out for one account: each call counts as that account's, which has its share of the connections.
struct AccountTransport: HTTPTransport {
    let base: any HTTPTransport
    let account: TenantFingerprint

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        var request = request
        request.holder = account.description
        return try await base.send(request)
    }
}
