import Accounts
import Integrations
import Storage

/// The path of a request to content: `/content/{guid}`, then whatever the content makes of it.
struct ContentPath {
    static let prefix = "/content/"
    private static let guidLength = 36
    /// In bytes: path and query. As a packed parameter it still fits into the 16 KiB that nginx reads of a request's first line.
    private static let longest = 11 * 1024
    /// In bytes.
    private static let longestQuery = 8 * 1024

    let guid: GUID
    /// The path and query as the client sent them, with a slash behind the GUID.
    let whole: String

    /// The same address; nil if it is outside the content.
    var way: String? { ReturnPath.target(whole) }

    /// The content's first page.
    var first: String { "\(Self.prefix)\(guid)/" }

    /// The same address, or the content's first page if the address is outside the content.
    var target: String { way ?? first }

    /// - Returns: nil where the address is not one of content.
    init?(_ address: String) {
        guard address.hasPrefix(Self.prefix) else { return nil }
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

    /// What the parameter `to` of a query names.
    ///
    /// - Returns: nil where that is no address of content, or one that leads out of it.
    init?(parameter: String?) {
        self.init(ReturnPath.text(ofParameter: parameter ?? ""))
        guard way != nil else { return nil }
    }

    /// Refuses what could not be kept through a sign-in and a login.
    ///
    /// - Throws: `Refusal` 414.
    func checkLength() throws(Refusal) {
        let query = whole.utf8.firstIndex(of: UInt8(ascii: "?")).map { whole.utf8[$0...].count - 1 } ?? 0
        guard query <= Self.longestQuery, whole.utf8.count <= Self.longest else { throw Self.tooLong }
    }

    private static let tooLong = Refusal(
        .addressTooLong,
        "This address is too long: 8 KiB of query can be passed on, and 11 KiB with the path. Shorten it, or send a form by POST."
    )
}
