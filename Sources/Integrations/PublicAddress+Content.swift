public import Storage

/// Where browsers find content: at one origin for all of it, or each at one of its own.
///
/// An origin for each keeps the scripts of one content from the pages of another. Content is at `/` of an origin of its own, and
/// below `/content/{guid}/` of one for all. Within Gatehouse a path of content always has that prefix.
struct ContentOrigins: Sendable {
    /// What stands before and behind the GUID in an origin; nil: there is one origin.
    private let around: (before: String, behind: String)?
    /// As the operator gave it, such as `https://*.apps.example.com`.
    let text: String

    /// - Parameter text: an origin without a slash at its end; `*` as its first label stands for the content's GUID.
    init(_ text: String) {
        self.text = text
        around = text.firstRange(of: "://*.").map {
            (text[..<$0.lowerBound] + "://", "." + text[$0.upperBound...])
        }
    }

    var areOfTheirOwn: Bool { around != nil }

    func origin(of guid: GUID) -> String {
        guard let around else { return text }
        return "\(around.before)\(guid)\(around.behind)"
    }

    /// The content whose own origin an address begins with, and what stands behind the origin.
    func path(of address: String) -> (guid: GUID?, path: String)? {
        guard let around else {
            guard address.hasPrefix(text + "/") else { return nil }
            return (nil, String(address.dropFirst(text.count)))
        }
        guard address.hasPrefix(around.before) else { return nil }
        let rest = address.dropFirst(around.before.count)
        guard let guid = GUID(rest.prefix { $0 != "." }), address.hasPrefix(origin(of: guid) + "/") else { return nil }
        return (guid, String(address.dropFirst(origin(of: guid).count)))
    }
}

extension PublicAddress {
    /// Whether the operator said where content is.
    public var hasContent: Bool { content != nil }

    /// Whether each content has an origin of its own.
    public var hasOriginPerContent: Bool { content?.areOfTheirOwn ?? false }

    /// Whether cookies of content can be bound to https.
    public var isContentSecure: Bool { content?.text.hasPrefix("https://") ?? false }

    /// The origin of a content, without a slash at its end; nil where the operator set none.
    public func contentOrigin(of guid: GUID) -> String? { content?.origin(of: guid) }

    /// What paths of a content begin with, at the pages' origin and at one for all content; without a slash at its end.
    public static func contentPrefix(of guid: GUID) -> String { "/content/\(guid)" }

    /// Where browsers open a content; nil where the operator set no origin for content.
    public func contentAddress(of guid: GUID) -> String? {
        contentAddress(of: guid, path: Self.contentPrefix(of: guid) + "/")
    }

    /// Where browsers open a page of a content; nil where the operator set no origin for content.
    ///
    /// - Parameter path: the page's path and query, with the content's prefix.
    public func contentAddress(of guid: GUID, path: String) -> String? {
        contentOrigin(of: guid).map { origin in
            hasOriginPerContent ? origin + path.dropFirst(Self.contentPrefix(of: guid).count) : origin + path
        }
    }

    /// Whether a content may be shown at a host: where each has an origin of its own, at that alone.
    ///
    /// - Parameter host: what the browser asked for, perhaps with a port. The port is the proxy's affair: cookies know none.
    public func serves(_ guid: GUID, at host: String?) -> Bool {
        guard hasOriginPerContent else { return true }
        guard let host, let own = contentOrigin(of: guid)?.split(separator: "/").last else { return false }
        let parts = host.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 1 || parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        return parts[0].lowercased() == own.prefix { $0 != ":" }
    }
}
