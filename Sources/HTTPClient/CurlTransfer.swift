import CCurl
import Glibc
import Synchronization

/// One request on its way. libcurl's callbacks get it as their context.
///
/// Unchecked because only ``CurlLoop``'s thread touches the variable parts; `isCancelled`, which other threads set, is
/// atomic, and `continuation` is set before the transfer is handed over through the loop's lock.
final class CurlTransfer: @unchecked Sendable {
    typealias Outcome = Result<OutboundResponse, OutboundError>

    let request: OutboundRequest
    let isAllowed: Bool
    let proxy: OutboundProxy?
    let resolutions: [String]
    let maximumAnswerBytes: Int
    let isCancelled = Atomic<Bool>(false)

    var continuation: CheckedContinuation<Outcome, Never>?
    var handle: UnsafeMutableRawPointer?
    var headerList: UnsafeMutablePointer<curl_slist>?
    var resolutionList: UnsafeMutablePointer<curl_slist>?
    /// libcurl reads the body from here while it sends; it carries secrets, so it is wiped.
    var body: UnsafeMutableRawBufferPointer?
    /// libcurl writes a sentence about a failure here.
    var errorText: UnsafeMutablePointer<CChar>?

    /// Set right before the request goes onto a connection that stands: from then on the outcome is unknown.
    var wasStarted = false
    var wasAddressRefused = false
    var wasTooLarge = false
    var headerBytes = 0
    /// When the whole call must be over; `CurlLoop` sets it, and moves it where the process was paused.
    var deadline: ContinuousClock.Instant?
    var headers: [(name: String, value: String)] = []
    var answer: [UInt8] = []

    /// Answers with more header than this are no answers to us.
    static let maximumHeaderBytes = 64 << 10

    init(
        request: OutboundRequest, isAllowed: Bool, proxy: OutboundProxy?, resolutions: [String] = [],
        maximumAnswerBytes: Int
    ) {
        self.request = request
        self.isAllowed = isAllowed
        self.proxy = proxy
        self.resolutions = resolutions
        self.maximumAnswerBytes = maximumAnswerBytes
    }

    deinit { release() }

    /// Frees what libcurl was lent. The handle must have left the multi handle before.
    func release() {
        if let handle { curl_easy_cleanup(handle) }
        handle = nil
        if let headerList {
            var item: UnsafeMutablePointer<curl_slist>? = headerList
            while let current = item {
                if let text = current.pointee.data { explicit_bzero(text, strlen(text)) }
                item = current.pointee.next
            }
            curl_slist_free_all(headerList)
        }
        headerList = nil
        curl_slist_free_all(resolutionList)
        resolutionList = nil
        if let body, let base = body.baseAddress {
            explicit_bzero(base, body.count)
            body.deallocate()
        }
        body = nil
        errorText?.deallocate()
        errorText = nil
    }

    /// Answers the caller, once.
    func finish(_ outcome: Outcome) {
        continuation?.resume(returning: outcome)
        continuation = nil
    }

    func cancelled() -> Outcome {
        .failure(OutboundError(.cancelled, authority: request.url.authority, mayHaveBeenSent: wasStarted))
    }

    static func from(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
        context.map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
    }
}
