import HTTPTypes
import Hummingbird
import HummingbirdCore
import Storage

/// What a reverse proxy tells of a request for content.
struct ProxiedRequest {
    private let request: Request
    /// Whether it was a proxy that said it.
    private let isProxied: Bool

    init(_ request: Request, from sender: TrustedProxies.Sender?) {
        self.request = request
        isProxied = sender?.isProxied ?? false
    }

    /// Which content, and what of it; nil where that is none, or cannot be believed.
    var path: ContentPath? {
        // A proxy sets one of the two. Where both are there and differ, one of them came through it from outside.
        let sent = Set(request.headers[values: .originalURI] + request.headers[values: .forwardedURI])
        return sent.count == 1 ? sent.first.flatMap { ContentPath($0) } : nil
    }

    /// The host that the browser asked for; nil where that cannot be believed.
    var host: String? {
        let sent = request.headers[values: .forwardedHost]
        guard isProxied, let host = sent.first else { return request.head.authority }
        return sent.count == 1 && !host.contains(",") ? host : nil
    }

    /// Whether a page of another origin made the browser ask, with the viewer's cookie but without the viewer's wish: a
    /// fetch, a form, a WebSocket. Links and frames are wishes enough; what they show their page cannot read.
    ///
    /// Browsers do not say `Sec-Fetch-*` of every WebSocket; `Origin` they do.
    func isForeign(to origin: String) -> Bool {
        let source = FetchMetadata(request.headers)
        guard source.isForeign(to: origin) else { return false }
        let method = request.headers[.originalMethod] ?? request.headers[.forwardedMethod] ?? "GET"
        return !(source.isNavigation && (method == "GET" || method == "HEAD"))
    }
}
