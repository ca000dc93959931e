internal import CJansson

extension JSON {
    /// How many arrays and objects may stand inside each other.
    ///
    /// The library's own limit is 2,048; nothing that is spoken here needs more than a few.
    public static let maximumDepth = 64
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Reads a JSON text in UTF-8 (RFC 8259).
    ///
    /// Stricter than the RFC demands: duplicate names, integers outside `Int64`, reals outside `Double`, U+0000 and
    /// more than `maximumDepth` levels are refused. A byte order mark before the text is ignored (section 8.1).
    public static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSON {
        try bytes.withUnsafeBytes { buffer in Result { () throws(JSONError) in try parse(buffer) } }.get()
    }

    /// Reads a JSON text; see `parse(_:)` for bytes.
    public static func parse(_ text: String) throws(JSONError) -> JSON {
        var text = text
        return try text.withUTF8 { utf8 in
            Result { () throws(JSONError) in try parse(UnsafeRawBufferPointer(utf8)) }
        }.get()
    }

    /// Reads a JSON text in place; see `parse(_:)` for bytes.
    public static func parse(_ buffer: UnsafeRawBufferPointer) throws(JSONError) -> JSON {
        let buffer = UnsafeRawBufferPointer(rebasing: buffer[(buffer.starts(with: byteOrderMark) ? 3 : 0)...])
        // An empty buffer may have no address, which the library calls a wrong argument.
        guard let address = buffer.baseAddress, !buffer.isEmpty else {
            throw JSONError(line: 1, column: 0, reason: .endOfInput)
        }
        // Checked before the library descends, and because it alone knows no place for this fault afterwards.
        try checkDepth(of: buffer)
        var error = json_error_t()
        let flags = Int(JSON_REJECT_DUPLICATES) | Int(JSON_DECODE_ANY)
        let characters = address.assumingMemoryBound(to: CChar.self)
        guard let root = json_loadb(characters, buffer.count, flags, &error) else {
            let reason = JSONError.Reason(json_error_code(&error))
            throw JSONError(line: Int(max(error.line, 1)), column: Int(max(error.column, 0)), reason: reason)
        }
        defer { json_decref(root) }
        return try JSON(converting: root)
    }

    /// Recursion is bounded by `maximumDepth`, which was checked on the text.
    fileprivate init(converting node: UnsafeMutablePointer<json_t>) throws(JSONError) {
        switch node.pointee.type {
        case JSON_OBJECT: self = .object(try JSONObject(converting: node))
        case JSON_ARRAY:
            let count = json_array_size(node)
            var array: [JSON] = []
            array.reserveCapacity(count)
            for position in 0..<count {
                guard let element = json_array_get(node, position) else { continue }
                array.append(try JSON(converting: element))
            }
            self = .array(array)
        case JSON_STRING: self = .string(String(json_string_value(node), count: json_string_length(node)))
        case JSON_INTEGER: self = .integer(Int64(json_integer_value(node)))
        case JSON_REAL: self = .double(json_real_value(node))
        case JSON_TRUE: self = .bool(true)
        case JSON_FALSE: self = .bool(false)
        default: self = .null
        }
    }

    private static func checkDepth(of buffer: UnsafeRawBufferPointer) throws(JSONError) {
        var depth = 0
        var isInString = false
        var position = 0
        while position < buffer.count {
            switch (buffer[position], isInString) {
            case (UInt8(ascii: "\""), _): isInString.toggle()
            case (UInt8(ascii: "\\"), true): position += 1
            case (UInt8(ascii: "["), false), (UInt8(ascii: "{"), false):
                depth += 1
                if depth > maximumDepth { throw JSONError(at: position, of: buffer, reason: .tooDeep) }
            case (UInt8(ascii: "]"), false), (UInt8(ascii: "}"), false): depth -= 1
            default: break
            }
            position += 1
        }
    }
}

extension JSONObject {
    fileprivate init(converting node: UnsafeMutablePointer<json_t>) throws(JSONError) {
        self.init()
        reserveCapacity(json_object_size(node))
        var iterator = json_object_iter(node)
        while let current = iterator {
            let key = String(json_object_iter_key(current), count: json_object_iter_key_len(current))
            if let value = json_object_iter_value(current), !appendIfNew(key, try JSON(converting: value)) {
                // The library compares bytes, Swift canonical equivalence: of two spellings of one name only one
                // would be found later. No place is known any more.
                throw JSONError(line: 0, column: 0, reason: .duplicateKey)
            }
            iterator = json_object_iter_next(node, current)
        }
    }
}

extension JSONError {
    /// The place of a byte, counted in lines and characters as the library counts them.
    fileprivate init(at position: Int, of buffer: UnsafeRawBufferPointer, reason: Reason) {
        let before = buffer[...position]
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        self.init(
            line: before.count { $0 == UInt8(ascii: "\n") } + 1,
            column: before[lineStart...].count { $0 & 0xC0 != 0x80 },
            reason: reason
        )
    }
}

extension String {
    /// The library has checked that this is UTF-8.
    fileprivate init(_ characters: UnsafePointer<CChar>?, count: Int) {
        let bytes = UnsafeRawBufferPointer(start: characters, count: characters == nil ? 0 : count)
        self.init(decoding: bytes, as: UTF8.self)
    }
}
