/// Where a browser goes in the end: a path on our own base origin, and nothing else.
public enum ReturnPath {
    /// Where somebody was headed is at most so long.
    private static let longestTarget = 2048
    /// The page that leads there names it in its query, where a byte can take three.
    private static let longestPath = 3 * longestTarget + 256

    /// The path, where it is one; nil for anything that a browser could read as another origin.
    ///
    /// An absolute address under our own base or a content's origin is understood as the path behind it; a content's own
    /// origin has that content alone.
    public static func relative(_ text: String, address: PublicAddress) -> String? {
        if text.hasPrefix(address.base + "/") { return path(String(text.dropFirst(address.base.count))) }
        guard let (guid, behind) = address.content?.path(of: text) else { return path(text) }
        guard guid.map({ behind.hasPrefix("/content/\($0)/") }) ?? true else { return nil }
        return path(behind)
    }

    /// The path of a content to which somebody was headed, where it is one that can be gone to.
    public static func target(_ text: String) -> String? { text.utf8.count <= longestTarget ? path(text) : nil }

    private static func path(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "/"), bytes.count <= longestPath else { return nil }
        // `//host` and `/\host` are other hosts; white space and control characters are dropped by some browsers first.
        guard bytes.count == 1 || bytes[1] != UInt8(ascii: "/") else { return nil }
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }) else { return nil }
        // Browsers resolve dot segments, written plainly or escaped, before they look for the host: `/.//host`.
        let path = text.prefix { $0 != "?" && $0 != "#" }
        let segments = path.split(separator: "/")
        let climbs = segments.contains { segment in
            let plain = segment.lowercased().replacing("%2e", with: ".")
            return plain == "." || plain == ".."
        }
        return climbs || acts(segments) ? nil : text
    }

    /// Whether it does something to be opened there: log in or out at a provider. Browsers say of a redirect that our own page
    /// asked for it, so nobody may be led there by an address that another site wrote.
    private static func acts(_ segments: [Substring]) -> Bool {
        // What a content does is its own affair; of ours, no path that people go to has an escape in it.
        guard segments.first != "content" else { return false }
        return segments.first == "__oauth__" || segments.suffix(2) == ["test", "log-in"]
            || segments.contains { $0.contains("%") }
    }
}
