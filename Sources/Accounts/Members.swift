public import JSON

/// Reads the members of an object, each with its form, and refuses those that nobody knows.
public struct Members {
    private let object: JSONObject

    /// - Throws: `Refusal` naming a member that is not among the allowed ones.
    public init(_ object: JSONObject, allowed: Set<String>) throws(Refusal) {
        for (key, _) in object where !allowed.contains(key) {
            throw .invalid(
                String(key.prefix(64)),
                "There is no field \(key.prefix(64)): the fields are \(allowed.sorted().joined(separator: ", ")).")
        }
        self.object = object
    }

    /// A text; nil where it is missing or null.
    public func text(_ name: String, code: ErrorCode = .parameter) throws(Refusal) -> String? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let text = value.stringValue else { throw .invalid(name, "\(name) must be a text.", code: code) }
        return text
    }

    /// Yes or no; nil where it is missing or null.
    public func flag(_ name: String) throws(Refusal) -> Bool? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let flag = value.boolValue else { throw .invalid(name, "\(name) must be true or false.") }
        return flag
    }

    /// A whole number; nil where it is missing or null.
    public func integer(_ name: String) throws(Refusal) -> Int? {
        guard let value = object[name], !value.isNull else { return nil }
        // 24.0 is a whole number too (JSON Schema 2020-12, section 6.1.1).
        let whole = value.integerValue.flatMap { Int(exactly: $0) } ?? value.doubleValue.flatMap { Int(exactly: $0) }
        guard let number = whole else {
            throw .invalid(name, "\(name) must be a whole number.")
        }
        return number
    }

    /// A list; nil where it is missing or null.
    public func list(_ name: String) throws(Refusal) -> [JSON]? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let list = value.arrayValue else { throw .invalid(name, "\(name) must be a list.") }
        return list
    }

    /// An object; nil where it is missing or null.
    public func members(_ name: String, code: ErrorCode) throws(Refusal) -> JSONObject? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let object = value.objectValue else { throw .invalid(name, "\(name) must be an object.", code: code) }
        return object
    }
}
