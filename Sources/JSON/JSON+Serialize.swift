internal import CJansson
internal import Glibc

extension JSON {
    /// The JSON text in UTF-8, members in their order. Compact, or with two spaces a level when `pretty`.
    ///
    /// A double that is not finite is written as `null`, because JSON has no word for it.
    public func serialized(pretty: Bool = false) -> [UInt8] {
        withSerialized(pretty: pretty) { [UInt8]($0) }
    }

    /// The same as `serialized(pretty:)`, as a string.
    public func text(pretty: Bool = false) -> String {
        withSerialized(pretty: pretty) { String(decoding: $0, as: UTF8.self) }
    }

    private func withSerialized<Result>(pretty: Bool, _ use: (UnsafeRawBufferPointer) -> Result) -> Result {
        var precision = RealPrecision.short
        let root = node(&precision)
        defer { json_decref(root) }
        let layout = pretty ? gatehouse_json_indent(2) : Int(JSON_COMPACT)
        let flags = layout | Int(JSON_ENCODE_ANY) | gatehouse_json_real_precision(precision.rawValue)
        // NUL is escaped in the output, so the C string ends where the text ends.
        guard let text = json_dumps(root, flags) else { fatalError("There is no memory for a JSON text.") }
        defer { free(text) }
        return use(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }

    private func node(_ precision: inout RealPrecision) -> UnsafeMutablePointer<json_t> {
        let node: UnsafeMutablePointer<json_t>? =
            switch self {
            case .null: json_null()
            case .bool(let value): value ? json_true() : json_false()
            case .integer(let value): json_integer(json_int_t(value))
            case .double(let value): value.isFinite ? precision.real(value) : json_null()
            case .string(let value): value.withCharacters { json_stringn_nocheck($0, $1) }
            case .array(let elements): Self.arrayNode(elements, &precision)
            case .object(let object): Self.objectNode(object, &precision)
            }
        // Every string is UTF-8 already, so nothing but memory can be missing.
        guard let node else { fatalError("There is no memory for a JSON value.") }
        return node
    }

    private static func arrayNode(
        _ elements: [JSON],
        _ precision: inout RealPrecision
    ) -> UnsafeMutablePointer<json_t>? {
        let array = json_array()
        for element in elements {
            json_array_append_new(array, element.node(&precision))
        }
        return array
    }

    private static func objectNode(
        _ object: JSONObject,
        _ precision: inout RealPrecision
    ) -> UnsafeMutablePointer<json_t>? {
        let node = json_object()
        for member in object.members {
            let value = member.value.node(&precision)
            _ = member.key.withCharacters { json_object_setn_new_nocheck(node, $0, $1, value) }
        }
        return node
    }
}

/// The library writes all reals of a text with one number of digits: 15 where every real survives that, so that 0.1
/// stays 0.1, otherwise 17, which every double survives.
private enum RealPrecision: Int {
    case short = 15
    case exact = 17

    mutating func real(_ value: Double) -> UnsafeMutablePointer<json_t>? {
        let mantissa = value.description.prefix { $0 != "e" }
        let digits = mantissa.filter(\.isNumber).drop { $0 == "0" }
        if digits.count > Self.short.rawValue { self = .exact }
        return json_real(value)
    }
}

extension String {
    /// The bytes of the string and their count; not ended by NUL.
    fileprivate func withCharacters<Result>(_ use: (UnsafePointer<CChar>, Int) -> Result) -> Result {
        var text = self
        return text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { characters in
                // An empty string may have no address; the library takes none for an error.
                guard let address = characters.baseAddress else { return withUnsafePointer(to: 0) { use($0, 0) } }
                return use(address, characters.count)
            }
        }
    }
}
