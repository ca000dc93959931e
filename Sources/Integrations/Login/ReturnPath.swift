/// Where a browser goes in the end: a path on our own base origin, and nothing else.
public enum ReturnPath {
    private static let maximumLength = 2048

    /// The path, where it is one; nil for anything that a browser could read as another origin.
    ///
    /// An absolute address under our own base or content origin is understood as the path behind it.
    public static func relative(_ text: String, address: PublicAddress) -> String? {
        for origin in [address.base, address.content].compactMap({ $0 }) where text.hasPrefix(origin + "/") {
            return relative(String(text.dropFirst(origin.utf8.count)), address: PublicAddress(base: "-", content: nil))
        }
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "/"), bytes.count <= maximumLength else { return nil }
        // `//host` and `/\host` are other hosts; white space and control characters are dropped by some browsers first.
        guard bytes.count == 1 || bytes[1] != UInt8(ascii: "/") else { return nil }
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }) else { return nil }
        // Browsers resolve dot segments, written plainly or escaped, before they look for the host: `/.//host`.
        let path = text.prefix { $0 != "?" && $0 != "#" }
        let climbs = path.split(separator: "/").contains { segment in
            let plain = segment.lowercased().replacing("%2e", with: ".")
            return plain == "." || plain == ".."
        }
        return climbs ? nil : text
    }
}
