import Accounts
import Integrations
import NIOCore
import NIOHTTP1

/// How large a request may be, and how long it may take to arrive: bundles are large, everything else is small.
struct ArrivalLimits: Sendable {
    /// What holds for one request.
    struct Limit: Sendable {
        let bytes: Int
        let arrival: TimeAmount
        let refusal: Refusal
    }

    /// A form around an archive adds its boundaries, headers and metadata.
    private static let formBytes = 128 * 1024
    /// Some 100 KiB a second for a bundle of the usual size.
    private static let bundleArrival = TimeAmount.minutes(15)
    private static let arrival = TimeAmount.seconds(30)
    private static let guidLength = 36

    private let usual = Limit(bytes: BodyLimit.bytes, arrival: Self.arrival, refusal: BodyLimit.refusal)
    private let bundle: Limit

    init(maximumBundleBytes: Int) {
        bundle = Limit(
            bytes: maximumBundleBytes + Self.formBytes, arrival: Self.bundleArrival,
            refusal: Deployments.tooLarge(maximumBundleBytes)
        )
    }

    /// The limit of a request, by its method and the form of its address alone.
    func limit(of head: HTTPRequestHead) -> Limit {
        head.method == .POST && Self.isBundles(head.uri) ? bundle : usual
    }

    /// Whether an address is `v1/content/{guid}/bundles`.
    private static func isBundles(_ uri: String) -> Bool {
        guard let path = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).first else {
            return false
        }
        guard path.hasSuffix("/bundles"), let start = path.firstRange(of: "/v1/content/") else { return false }
        let prefix = path[..<start.lowerBound]
        let guid = path[start.upperBound...].dropLast("/bundles".count)
        return (prefix.isEmpty || prefix == "/__api__") && guid.utf8.count == guidLength && !guid.contains("/")
    }
}
