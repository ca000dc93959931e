/// Something that carries a request to another server: ``CurlTransport``, or a script in a test.
public protocol HTTPTransport: Sendable {
    /// Sends one request and returns the whole answer, whatever its status; redirects are answers, not followed.
    ///
    /// Throws an ``OutboundError``, which tells whether the other server may have acted on the request.
    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse
}
