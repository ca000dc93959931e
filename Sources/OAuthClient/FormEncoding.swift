/// `application/x-www-form-urlencoded`: what RFC 6749 appendix B asks of bodies, and of credentials for Basic.
///
/// Decoding is in FormEncoding+Decoding.swift.
public enum FormEncoding {
    /// The media type of a form as a body.
    public static let contentType = "application/x-www-form-urlencoded"

    /// One name or value: letters, digits and `*-._` stay, a space becomes `+`, all else `%XX`.
    public static func encode(_ text: String) -> String {
        escape(text, space: "+") { $0 == 0x2a || $0 == 0x2d || $0 == 0x2e || $0 == 0x5f }
    }

    /// Pairs in their order, as a request's body.
    public static func encode(_ pairs: [(name: String, value: String)]) -> [UInt8] {
        [UInt8](pairs.map { encode($0.name) + "=" + encode($0.value) }.joined(separator: "&").utf8)
    }

    /// One name or value for a URL's query: RFC 3986's unreserved characters stay, all else `%XX`, a space too, because
    /// some servers read `+` in a query as itself.
    public static func encodeQuery(_ text: String) -> String {
        escape(text, space: "%20") { $0 == 0x2d || $0 == 0x2e || $0 == 0x5f || $0 == 0x7e }
    }

    /// Pairs in their order, as a URL's query.
    public static func encodeQuery(_ pairs: [(name: String, value: String)]) -> String {
        pairs.map { encodeQuery($0.name) + "=" + encodeQuery($0.value) }.joined(separator: "&")
    }

    private static func escape(_ text: String, space: String, isKept: (UInt8) -> Bool) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            let isAlphanumeric =
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
            if isAlphanumeric || isKept(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else if byte == 0x20 {
                result += space
            } else {
                result += byte < 0x10 ? "%0" : "%"
                result += String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}
