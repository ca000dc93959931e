import HummingbirdCore
import NIOCore

/// An event that says that somebody reads the body of the request that is answered now.
struct BodyIsWanted: Sendable {}

/// The body of a request with `Expect: 100-continue` (RFC 9110, section 10.1.1), whose client may wait before it sends it.
///
/// The client is told to send when the body is first read. A request that is refused for its head alone, such as one with a key
/// that is not valid, gets the refusal instead, and its body is never sent.
struct AwaitedBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var body: RequestBody.AsyncIterator
        fileprivate var channel: (any Channel)?

        mutating func next() async throws -> ByteBuffer? {
            channel?.triggerUserOutboundEvent(BodyIsWanted(), promise: nil)
            channel = nil
            return try await body.next()
        }
    }

    let body: RequestBody
    let channel: any Channel

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(body: body.makeAsyncIterator(), channel: channel) }
}
