/// Outbound HTTP over libcurl.
///
/// What it never does: follow a redirect, keep a cookie, decompress, speak anything but http and https, open a socket
/// to an address that ``AddressGuard`` refuses for a host the operator did not allow, or send a POST twice.
public final class CurlTransport: HTTPTransport {
    /// No token answer and no metadata document comes near it.
    public static let maximumAnswerBytes = 1 << 20

    private let policy: OutboundPolicy
    private let proxy: OutboundProxy?
    private let maximumAnswerBytes: Int
    private let loop: CurlLoop

    /// A transport with a thread of its own.
    ///
    /// - Parameters:
    ///   - policy: checked for each request and each address that a name resolves to. With a proxy, names are resolved
    ///     there, and its operator decides what they may lead to.
    ///   - proxy: by default what the environment says (`https_proxy`, `no_proxy`).
    ///   - maximumAnswerBytes: the longest body accepted.
    ///   - certificateAuthorities: path of a PEM file to trust instead of the system's certificates.
    public convenience init(
        policy: OutboundPolicy, proxy: OutboundProxy? = .fromEnvironment(),
        maximumAnswerBytes: Int = CurlTransport.maximumAnswerBytes, certificateAuthorities: String? = nil
    ) {
        self.init(
            policy: policy, proxy: proxy, maximumAnswerBytes: maximumAnswerBytes,
            certificateAuthorities: certificateAuthorities, resolutions: []
        )
    }

    /// `resolutions` are answers of the resolver, as `HOST:PORT:ADDRESS`, for tests of what names may lead to.
    init(
        policy: OutboundPolicy, proxy: OutboundProxy?, maximumAnswerBytes: Int = CurlTransport.maximumAnswerBytes,
        certificateAuthorities: String? = nil, resolutions: [String]
    ) {
        self.policy = policy
        self.proxy = proxy
        self.maximumAnswerBytes = maximumAnswerBytes
        self.loop = CurlLoop(certificateAuthorities: certificateAuthorities, resolutions: resolutions)
    }

    deinit { loop.stop(then: nil) }

    /// Sends one request; see ``HTTPTransport/send(_:)``. Cancelling the task ends the transfer at once.
    public func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        let authority = request.url.authority
        do { try policy.check(request.url) } catch {
            throw OutboundError(.refusedAddress, authority: authority, detail: error.description)
        }
        guard request.headers.allSatisfy({ Self.isOneLine($0.name) && !$0.name.isEmpty && Self.isOneLine($0.value) })
        else { throw OutboundError(.invalidRequest, authority: authority) }
        let transfer = CurlTransfer(
            request: request,
            isAllowed: policy.permits(host: request.url.host, port: request.url.port),
            proxy: proxy.flatMap { $0.applies(to: request.url) ? $0 : nil },
            maximumAnswerBytes: maximumAnswerBytes
        )
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { loop.submit(transfer, continuation: $0) }
        } onCancel: {
            loop.cancel(transfer)
        }
        return try result.get()
    }

    /// Ends all transfers as cancelled and the thread with them; afterwards every request is cancelled at once.
    public func shutdown() async {
        await withCheckedContinuation { loop.stop(then: $0) }
    }

    private static func isOneLine(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 != 0x0a && $0 != 0x0d && $0 != 0 }
    }
}
