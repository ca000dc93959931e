import CCurl
import Glibc

/// The proxy that outbound calls go through, as the environment names it.
///
/// Read here and not left to libcurl, because the address guard must know whether a socket leads to the proxy, whose
/// address the operator chose, or to a host that a tenant chose.
public struct OutboundProxy: Sendable, CustomStringConvertible {
    /// The proxy's URL as libcurl takes it. May hold a password.
    let url: String
    /// Hosts and domains that are called directly; `*` for all.
    let exceptions: [String]
    /// The proxy's host, as libcurl reads the URL; nil where it cannot.
    let host: String?
    /// The proxy's port, as libcurl reads the URL.
    let port: UInt16
    /// Whether the proxy looks up the names of the hosts it is to call; otherwise this machine does.
    let looksUpNames: Bool

    /// A proxy for all hosts but these: names, or domains with all that is below them.
    public init(url: String, exceptions: [String] = []) {
        self.url = url
        self.exceptions = exceptions.map { $0.lowercased() }
        let parts = Parts(url)
        let scheme = parts?.text(CURLUPART_SCHEME)?.lowercased() ?? "http"
        host = parts?.text(CURLUPART_HOST)
        // CURLOPT_PROXY: 1080 for every scheme but https.
        port = parts?.text(CURLUPART_PORT).flatMap { UInt16($0) } ?? (scheme == "https" ? 443 : 1080)
        looksUpNames = !["socks4", "socks5"].contains(scheme)
    }

    /// The parts of a URL (`curl_url_get`(3)).
    private final class Parts {
        private let handle: OpaquePointer

        init?(_ url: String) {
            guard let handle = curl_url() else { return nil }
            self.handle = handle
            let flags = UInt32(CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME)
            guard curl_url_set(handle, CURLUPART_URL, url, flags) == CURLUE_OK else { return nil }
        }

        func text(_ part: CURLUPart) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            defer { curl_free(text) }
            guard curl_url_get(handle, part, &text, 0) == CURLUE_OK else { return nil }
            return text.map { String(cString: $0) }
        }

        deinit { curl_url_cleanup(handle) }
    }

    /// What `https_proxy` or `all_proxy`, and `no_proxy`, say, in small or capital letters; nil without them.
    public static func fromEnvironment() -> OutboundProxy? {
        fromEnvironment { name in getenv(name).map { String(cString: $0) } }
    }

    /// The same, from a look-up of one's own.
    static func fromEnvironment(_ value: (String) -> String?) -> OutboundProxy? {
        func first(_ names: [String]) -> String? {
            names.lazy.flatMap { [$0, $0.uppercased()] }.compactMap(value).first { !$0.isEmpty }
        }
        guard let url = first(["https_proxy", "all_proxy"]) else { return nil }
        let exceptions = (first(["no_proxy"]) ?? "").split { $0 == "," || $0.isWhitespace }
        return OutboundProxy(url: url, exceptions: exceptions.map(String.init))
    }

    /// Whether a call goes through the proxy. This machine is called directly: to the proxy, it would be another.
    func applies(to url: OutboundURL) -> Bool {
        if AllowedHost.isLoopback(url.host) { return false }
        return !exceptions.contains { exception in
            let domain = exception.drop { $0 == "." }
            return exception == "*" || url.host == domain || (!domain.isEmpty && url.host.hasSuffix("." + domain))
        }
    }

    /// Tells nothing of the URL, which may hold a password.
    public var description: String { "[proxy]" }
}
