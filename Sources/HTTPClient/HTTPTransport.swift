/// Something that carries a request to another server: ``CurlTransport``, or a script in a test.
public protocol HTTPTransport: Sendable {
    /// Sends one request and returns the whole answer, whatever its status; redirects are answers, not followed.
    ///
    /// Throws an ``OutboundError``, which tells whether the other server may have acted on the request.
    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse

    /// Reads an answer. An answer of 1 MiB takes half a second to parse, so a transport that is for one account does it on
    /// threads of which that account has a share.
    func read<Value: Sendable>(
        _ response: OutboundResponse, _ body: @escaping @Sendable (OutboundResponse) -> Value
    ) async -> Value
}

extension HTTPTransport {
    /// Reads an answer at once.
    public func read<Value: Sendable>(
        _ response: OutboundResponse, _ body: @escaping @Sendable (OutboundResponse) -> Value
    ) async -> Value { body(response) }
}
