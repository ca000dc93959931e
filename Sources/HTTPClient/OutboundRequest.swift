/// One call to another server.
///
/// Bodies and header values carry credentials, so printing a request shows neither.
public struct OutboundRequest: Sendable {
    /// The methods that OAuth clients use.
    public enum Method: String, Sendable, Hashable {
        /// Reads. May be sent again by libcurl when a kept connection turns out dead.
        case get = "GET"
        /// Does something once: never sent twice, whatever happens.
        case post = "POST"
    }

    /// How long to wait for a TCP and TLS connection by default.
    public static let connectTimeout: Duration = .seconds(5)
    /// How long the whole call may take by default.
    public static let totalTimeout: Duration = .seconds(20)

    /// GET or POST.
    public var method: Method
    /// Where to. The transport checks it again against its own policy.
    public var url: OutboundURL
    /// Sent in this order. A line break in a name or value refuses the request.
    public var headers: [(name: String, value: String)]
    /// The body of a POST; ignored for GET.
    public var body: [UInt8]
    /// Until the connection stands, name resolution and TLS included.
    public var connectTimeout: Duration
    /// Until the whole answer is here, connecting included. The wait for a place among the connections (10 s) and for the
    /// name server (`connectTimeout`) comes before.
    public var totalTimeout: Duration
    /// Whom the call is made for: an account, which has its share of the outbound connections. Empty for the server itself.
    public var holder = ""

    /// A request with the default time-outs unless told otherwise.
    public init(
        method: Method, url: OutboundURL, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        connectTimeout: Duration = OutboundRequest.connectTimeout, totalTimeout: Duration = OutboundRequest.totalTimeout
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.connectTimeout = connectTimeout
        self.totalTimeout = totalTimeout
    }

    /// The first header of that name, in any case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

extension OutboundRequest: CustomStringConvertible, CustomReflectable {
    /// Method and URL without the query.
    public var description: String { "\(method.rawValue) \(url)" }

    /// `dump` and the debugger go through this: nothing but the description.
    public var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}
