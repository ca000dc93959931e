import Cryptography
import OAuthClient

/// Where a browser goes in the end: a path on our own base origin, and nothing else.
public enum ReturnPath {
    /// In bytes. The longest address of content, in the form that `parameter` gives it, fits in. Addresses above 16 KiB do not
    /// pass every proxy.
    private static let longestPath = 16 * 1024
    /// A parameter is packed only above this length, in bytes, so that short addresses stay readable.
    private static let longestPlain = 1024
    /// Marks a packed parameter. No path begins with it, and a query holds it without an escape.
    private static let packed: Character = "*"

    /// A path as the value of a query's parameter, escaped.
    ///
    /// An address on the way holds the path of the next one, which holds the path of the one after it. Each of them escapes again,
    /// so that a `&` would take one, three, then five bytes. A long path is therefore packed as Base64url (RFC 4648, section 5),
    /// which needs no escapes.
    public static func parameter(_ path: String) -> String {
        let plain = FormEncoding.encode(path)
        guard plain.utf8.count > longestPlain else { return plain }
        let packed = String(Self.packed) + Base64URL.encode(Array(path.utf8))
        return packed.utf8.count < plain.utf8.count ? packed : plain
    }

    /// What a parameter names, which `parameter` wrote or somebody typed, without its escapes.
    public static func text(ofParameter value: String) -> String {
        guard value.first == packed, let bytes = Base64URL.decode(String(value.dropFirst())) else { return value }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The path, where it is one; nil for anything that a browser could read as another origin.
    ///
    /// An absolute address under our own base or a content's origin is understood as the path behind it. A content's own
    /// origin has that content alone, at `/` and below its former prefix.
    ///
    /// - Parameter value: a path or an address, or what `parameter` made of one.
    public static func relative(_ value: String, address: PublicAddress) -> String? {
        let text = Self.text(ofParameter: value)
        if text.hasPrefix(address.base + "/") { return path(String(text.dropFirst(address.base.count))) }
        guard let (guid, behind) = address.content?.path(of: text) else { return path(text) }
        guard let guid, !behind.hasPrefix(PublicAddress.contentPrefix(of: guid) + "/") else { return path(behind) }
        return path(PublicAddress.contentPrefix(of: guid) + behind)
    }

    /// The path of a content to which somebody was headed, where it is one that can be gone to.
    ///
    /// What browsers and programs send in a query without an escape, although RFC 3986 asks for one (`\`, `ä`), is escaped.
    public static func target(_ text: String) -> String? {
        guard !text.utf8.allSatisfy(isPlain) else { return path(text) }
        var escaped = ""
        for byte in text.utf8 {
            if byte < 0x80 && byte != UInt8(ascii: "\\") {
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                escaped += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return path(escaped)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "\\")
    }

    private static func path(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "/"), bytes.count <= longestPath else { return nil }
        // `//host` and `/\host` are other hosts; white space and control characters are dropped by some browsers first.
        guard bytes.count == 1 || bytes[1] != UInt8(ascii: "/") else { return nil }
        guard bytes.allSatisfy(isPlain) else { return nil }
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
