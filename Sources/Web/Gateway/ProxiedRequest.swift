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

    /// Whether one of our own proxies sent the request on to where content should be, and it came back.
    ///
    /// Each proxy of `deploy/` names itself in `CDN-Loop` (RFC 8586) of what it sends to content, behind the names that are there.
    var isLoop: Bool {
        request.headers[values: .cdnLoop].contains { value in
            value.split(separator: ",").contains { hop in
                let name = hop.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }
                return name.lowercased() == Self.proxyName
            }
        }
    }

    private static let proxyName = "gatehouse"

    /// A header by which content could take the client for somebody else, and which the proxy would pass on.
    ///
    /// Proxies that can drop headers by the beginning of their name have dropped these before they ask. nginx cannot: it drops those
    /// whose names it knows from its question and from what content gets, and leaves the rest to be refused here.
    var reservedHeader: HTTPField.Name? {
        request.headers.first { field in
            let name = field.name.canonicalName
            return Self.reservedFamilies.contains { name.hasPrefix($0) } && !Self.proxyHeaders.contains(name)
        }?.name
    }

    /// In lower case, as `HTTPField.Name.canonicalName` is.
    private static let reservedFamilies = [
        "connect-", "posit-connect-", "rstudio-connect-", "x-auth-request-", "x-forwarded-", "x-gatehouse-",
        "x-original-", "x-rsc-",
    ]
    /// What the question of a proxy itself consists of; Traefik sends the last ones of its own accord.
    private static let proxyHeaders: Set<String> = [
        "x-original-uri", "x-original-method", "x-forwarded-uri", "x-forwarded-method", "x-forwarded-for",
        "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-forwarded-server", "x-forwarded-prefix",
    ]

    private var method: String { request.headers[.originalMethod] ?? request.headers[.forwardedMethod] ?? "GET" }

    private var isReading: Bool { method == "GET" || method == "HEAD" }

    /// Whether the browser is about to show the answer, so that it can be led to a page. A script cannot: its browser would follow
    /// a redirect to the other origin and hide the answer from it.
    ///
    /// Browsers before 2023 (Safari 16.3), and programs, do not say `Sec-Fetch-Mode`. They say that they take HTML.
    var isNavigation: Bool {
        let source = FetchMetadata(request.headers)
        guard !source.tellsMode else { return source.isNavigation }
        return isReading
            && request.headers[values: .accept].contains {
                $0.lowercased().split(separator: ",").contains(where: Self.isHTML)
            }
    }

    private static func isHTML(_ range: Substring) -> Bool {
        range.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" } == "text/html"
    }

    /// Whether a page of another origin made the browser ask, with the viewer's cookie but without the viewer's wish: a
    /// fetch, a form, a WebSocket. Links and frames are wishes enough; what they show their page cannot read.
    ///
    /// Browsers do not say `Sec-Fetch-*` of every WebSocket; `Origin` they do.
    func isForeign(to origin: String) -> Bool {
        let source = FetchMetadata(request.headers)
        guard source.isForeign(to: origin) else { return false }
        return !(source.isNavigation && isReading)
    }
}
