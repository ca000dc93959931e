/// One JSON value (RFC 8259). Every JSON text that enters or leaves the process passes through here.
public enum JSON: Sendable, Equatable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number written without fraction and exponent; always within `Int64`.
    case integer(Int64)
    /// A number written with a fraction or an exponent; always finite when it was parsed.
    case double(Double)
    /// A string.
    case string(String)
    /// An array.
    case array([JSON])
    /// An object; keeps the order of its members.
    case object(JSONObject)
}

extension JSON {
    /// The member of that name; nil when this is no object or has no such member.
    public subscript(_ key: String) -> JSON? {
        if case .object(let object) = self { object[key] } else { nil }
    }

    /// The element at that place; nil when this is no array or is shorter.
    public subscript(_ index: Int) -> JSON? {
        if case .array(let array) = self, array.indices.contains(index) { array[index] } else { nil }
    }

    /// The text of a string, nil for everything else: numbers are not turned into strings.
    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The value of an integer, nil for everything else: `1.0` and `"1"` are not integers.
    public var integerValue: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// The value of a number, whichever way it was written; nil for everything else.
    public var doubleValue: Double? {
        switch self {
        case .double(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    /// The value of `true` or `false`, nil for everything else.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The elements of an array, nil for everything else.
    public var arrayValue: [JSON]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The members of an object, nil for everything else.
    public var objectValue: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// Whether this is `null`.
    public var isNull: Bool {
        if case .null = self { true } else { false }
    }
}
