import Mustache

/// Escapes what pages show. swift-mustache's own way looks at every character as people see them, which on a page with a
/// long list takes more time than all the rest; in UTF-8 the five that matter are single bytes, and most texts have none.
struct PageText: MustacheContentType {
    private static let name = "PAGE"

    /// A template whose values are escaped so.
    static func template(_ bytes: [UInt8]) throws -> MustacheTemplate {
        MustacheContentTypes.register(PageText(), named: name)
        return try MustacheTemplate(string: "{{% CONTENT_TYPE: \(name)}}\n" + String(decoding: bytes, as: UTF8.self))
    }

    func escapeText(_ text: String) -> String {
        guard text.utf8.contains(where: { Self.escaped($0) != nil }) else { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 32)
        for byte in text.utf8 {
            if let escaped = Self.escaped(byte) { bytes += escaped.utf8 } else { bytes.append(byte) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func escaped(_ byte: UInt8) -> String? {
        switch byte {
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "\""): "&quot;"
        case UInt8(ascii: "'"): "&#39;"
        default: nil
        }
    }
}
