import Integrations
import Storage

/// The path of a request to content: `/content/{guid}`, then whatever the content makes of it.
struct ContentPath {
    static let prefix = "/content/"
    private static let guidLength = 36

    let guid: GUID
    /// The path and query as the client sent them, with a slash behind the GUID.
    let whole: String

    /// Where somebody can be led back to: the same, or the content's first page where that is too long or no way back.
    var target: String { ReturnPath.target(whole) ?? "\(Self.prefix)\(guid)/" }

    /// - Returns: nil where the address is not one of content.
    init?(_ address: String) {
        guard address.hasPrefix(Self.prefix), address.utf8.count <= 8192 else { return nil }
        let rest = address.utf8.dropFirst(Self.prefix.utf8.count)
        guard let guid = GUID(Substring(rest.prefix(Self.guidLength))) else { return nil }
        let next = rest.dropFirst(Self.guidLength).first
        guard next == nil || next == UInt8(ascii: "/") || next == UInt8(ascii: "?") else { return nil }
        self.guid = guid
        // Content's relative links need the slash.
        whole =
            next == UInt8(ascii: "/")
            ? address : "\(Self.prefix)\(guid)/\(Substring(rest.dropFirst(Self.guidLength)))"
    }
}
