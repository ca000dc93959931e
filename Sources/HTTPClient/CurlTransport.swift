public import ResourcePools

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
    private let resolver: Resolver
    /// Answers of the resolver that a test gives.
    private let resolutions: [String]

    /// How many connections may be open at once where there are descriptors enough.
    public static let maximumConnections = 256
    /// How long a call may wait for a place.
    private static let patience = Duration.seconds(10)

    /// Places for connections, by account and by host. An account that has all of its calls at hosts that never answer
    /// leaves three quarters of them to the others, and one host leaves half of them.
    public let places: FairPool
    /// Places for name look-ups, by account.
    public var resolverPlaces: FairPool { resolver.workers.places }

    /// A transport with a thread of its own.
    ///
    /// - Parameters:
    ///   - policy: checked for each request and each address that a name resolves to. With a proxy, names are resolved
    ///     there, and its operator decides what they may lead to.
    ///   - proxy: by default what the environment says (`https_proxy`, `no_proxy`).
    ///   - maximumAnswerBytes: the longest body accepted.
    ///   - certificateAuthorities: whose certificates are trusted; by default what the environment says.
    ///   - maximumConnections: how many may be open at once; each is a descriptor.
    public convenience init(
        policy: OutboundPolicy, proxy: OutboundProxy? = .fromEnvironment(),
        maximumAnswerBytes: Int = CurlTransport.maximumAnswerBytes,
        certificateAuthorities: CertificateAuthorities = .fromEnvironment(),
        maximumConnections: Int = CurlTransport.maximumConnections
    ) {
        self.init(
            policy: policy, proxy: proxy, maximumAnswerBytes: maximumAnswerBytes,
            certificateAuthorities: certificateAuthorities, maximumConnections: maximumConnections, resolutions: []
        )
    }

    /// `resolutions` are answers of the resolver, as `HOST:PORT:ADDRESS`, for tests of what names may lead to.
    init(
        policy: OutboundPolicy, proxy: OutboundProxy?, maximumAnswerBytes: Int = CurlTransport.maximumAnswerBytes,
        certificateAuthorities: CertificateAuthorities = .fromEnvironment(),
        maximumConnections: Int = CurlTransport.maximumConnections,
        resolutions: [String], resolver: Resolver = Resolver()
    ) {
        let limits = FairPool.Limits(
            total: maximumConnections, share: maximumConnections / 4, perSubject: maximumConnections / 2, queue: 128)
        places = FairPool("outbound", limits)
        self.policy = policy
        self.proxy = proxy
        self.maximumAnswerBytes = maximumAnswerBytes
        self.resolver = resolver
        self.resolutions = resolutions
        self.loop = CurlLoop(certificateAuthorities: certificateAuthorities, maximumConnections: maximumConnections)
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
        let place: FairPool.Place
        do throws(FairPool.Failure) {
            place = try await places.enter(request.holder, subject: authority, patience: Self.patience)
        } catch {
            throw OutboundError(error == .cancelled ? .cancelled : .noPlace, authority: authority)
        }
        let proxy = proxy.flatMap { $0.applies(to: request.url) ? $0 : nil }
        let transfer = CurlTransfer(
            request: request,
            isAllowed: policy.permits(host: request.url.host, port: request.url.port), proxy: proxy,
            resolutions: try await resolutions(for: request, through: proxy),
            maximumAnswerBytes: maximumAnswerBytes
        )
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { loop.submit(transfer, continuation: $0) }
        } onCancel: {
            loop.cancel(transfer)
        }
        return try result.get().holding(place)
    }

    /// The addresses of the proxy and of the host for libcurl, which then asks no resolver of its own.
    private func resolutions(
        for request: OutboundRequest, through proxy: OutboundProxy?
    ) async throws(OutboundError) -> [String] {
        var found: [String] = []
        if let proxy, let host = proxy.host {
            // The proxy is the operator's: no account's share pays for it.
            found += try await resolutions(of: host, proxy.port, "the proxy", for: "proxy", request)
        }
        if proxy?.looksUpNames != true {
            let url = request.url
            found += try await resolutions(of: url.host, url.port, "the host", for: request.holder, request)
        }
        return found
    }

    private func resolutions(
        of host: String, _ port: UInt16, _ what: String, for holder: String, _ request: OutboundRequest
    ) async throws(OutboundError) -> [String] {
        let authority = request.url.authority
        // An IPv6 address stands in brackets here.
        guard IPAddress(canonical: host) == nil, !host.hasPrefix("[") else { return [] }
        let given = resolutions.filter { $0.hasPrefix("\(host):\(port):") }
        guard given.isEmpty else { return given }
        let addresses: [String]
        do throws(FairPool.Failure) {
            addresses = try await resolver.addresses(of: host, for: holder, patience: request.connectTimeout)
        } catch {
            switch error {
            case .cancelled: throw OutboundError(.cancelled, authority: authority)
            case .queueIsFull, .waitedTooLong: throw OutboundError(.noPlace, authority: authority)
            case .abandoned:
                let detail = "the name server did not answer for \(what)"
                throw OutboundError(.notConnected, authority: authority, detail: detail)
            }
        }
        guard !addresses.isEmpty else {
            throw OutboundError(.notConnected, authority: authority, detail: "the name of \(what) is not known")
        }
        // The plus sign: libcurl forgets the answer after CURLOPT_DNS_CACHE_TIMEOUT, a minute by default. Each transfer
        // replaces it.
        return ["+\(host):\(port):\(addresses.joined(separator: ","))"]
    }

    /// Ends all transfers as cancelled and the thread with them; afterwards every request is cancelled at once.
    public func shutdown() async {
        await withCheckedContinuation { loop.stop(then: $0) }
    }

    private static func isOneLine(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 != 0x0a && $0 != 0x0d && $0 != 0 }
    }
}
