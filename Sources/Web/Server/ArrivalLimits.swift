import Accounts
import Integrations
import NIOHTTP1

/// How large a request may be: bundles are large, everything else is small.
struct ArrivalLimits: Sendable {
    /// What holds for one request; a class, because the hot path passes it on with each.
    final class Limit: Sendable {
        let bytes: Int
        let refusal: Refusal

        init(bytes: Int, refusal: Refusal) {
            self.bytes = bytes
            self.refusal = refusal
        }
    }

    /// A form around an archive adds its boundaries, headers and metadata.
    private static let formBytes = 128 * 1024
    private static let guidLength = 36

    /// Of all requests but a bundle's.
    let usual = Limit(bytes: BodyLimit.bytes, refusal: BodyLimit.refusal)
    private let bundle: Limit

    init(maximumBundleBytes: Int) {
        bundle = Limit(
            bytes: maximumBundleBytes + Self.formBytes, refusal: Deployments.tooLarge(maximumBundleBytes)
        )
    }

    /// The limit of a request, by its method and the form of its address alone.
    func limit(of head: HTTPRequestHead) -> Limit {
        head.method == .POST && Self.isBundles(head.uri) ? bundle : usual
    }

    /// Whether an address is `v1/content/{guid}/bundles`; most are not, which their beginning tells without a search.
    private static func isBundles(_ uri: String) -> Bool {
        let rest = uri.hasPrefix("/__api__/") ? uri.dropFirst("/__api__".count) : uri[...]
        guard rest.hasPrefix(contents) else { return false }
        let path = rest.dropFirst(contents.count).prefix { $0 != "?" }
        let guid = path.dropLast(bundles.count)
        return path.hasSuffix(bundles) && guid.utf8.count == guidLength && !guid.contains("/")
    }

    private static let contents = "/v1/content/"
    private static let bundles = "/bundles"
}
