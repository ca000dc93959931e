import Accounts
import JSON
import Storage

/// The form of a value in the words of JSON Schema 2020-12, which OpenAPI 3.1 speaks.
struct Schema: Sendable {
    var json: JSONObject

    init(_ json: JSONObject) { self.json = json }

    /// Any value at all.
    static let anything = Schema([:])
    static let null = Schema(["type": "null"])
    static let flag = Schema(["type": "boolean"])

    /// A text of so many characters.
    static func text(_ length: ClosedRange<Int>) -> Schema {
        Schema([
            "type": "string", "minLength": .integer(Int64(length.lowerBound)),
            "maxLength": .integer(Int64(length.upperBound)),
        ])
    }

    static let text = Schema(["type": "string"])

    /// A text of this form, which is to match as a whole.
    static func text(pattern: String, _ length: ClosedRange<Int>? = nil) -> Schema {
        var json = length.map { text($0).json } ?? text.json
        json["pattern"] = .string("^(\(pattern))$")
        return Schema(json)
    }

    static func text(format: String) -> Schema { Schema(["type": "string", "format": .string(format)]) }

    /// One of these words.
    static func word(of words: [String]) -> Schema {
        Schema(["type": "string", "enum": .array(words.map(JSON.string))])
    }

    static func integer(_ range: ClosedRange<Int>) -> Schema {
        Schema([
            "type": "integer", "minimum": .integer(Int64(range.lowerBound)),
            "maximum": .integer(Int64(range.upperBound)),
        ])
    }

    static func integer(from minimum: Int) -> Schema {
        Schema(["type": "integer", "minimum": .integer(Int64(minimum))])
    }

    static func list(of item: Schema, atMost maximum: Int? = nil) -> Schema {
        var json: JSONObject = ["type": "array", "items": .object(item.json)]
        json["maxItems"] = maximum.map { .integer(Int64($0)) }
        return Schema(json)
    }

    /// An object that is described under its name.
    static func ref(_ name: String) -> Schema { Schema(["$ref": .string("#/components/schemas/\(name)")]) }

    /// An object with these members.
    ///
    /// - Parameter isClosed: whether other members are refused, as in what is sent to us. What we answer may grow.
    static func object(
        _ required: KeyValuePairs<String, Schema>, optional: KeyValuePairs<String, Schema> = [:],
        isClosed: Bool = false
    ) -> Schema {
        let members = (Array(required) + Array(optional)).map { ($0.key, JSON.object($0.value.json)) }
        var json: JSONObject = ["type": "object", "properties": .object(JSONObject(members))]
        if !required.isEmpty { json["required"] = .array(required.map { .string($0.key) }) }
        if isClosed { json["additionalProperties"] = false }
        return Schema(json)
    }

    /// What a caller sends: other members are refused, and null is as good as nothing where a member is optional.
    static func body(_ required: KeyValuePairs<String, Schema>, optional: KeyValuePairs<String, Schema> = [:]) -> Schema
    {
        var body = object(required, isClosed: true)
        for (name, schema) in optional { body.add(name, schema.orNull) }
        return body
    }

    /// The fields of an HTML form. Others are not looked at, but each must be there once, as a text.
    static func form(_ required: KeyValuePairs<String, Schema>, optional: KeyValuePairs<String, Schema> = [:]) -> Schema
    {
        var form = object(required, optional: optional)
        form.json["additionalProperties"] = .object(text.json)
        return form
    }

    /// Adds a member to an object.
    mutating func add(_ name: String, _ schema: Schema, isRequired: Bool = false) {
        var members = json["properties"]?.objectValue ?? [:]
        members[name] = .object(schema.json)
        json["properties"] = .object(members)
        if isRequired { json["required"] = .array((json["required"]?.arrayValue ?? []) + [.string(name)]) }
    }

    /// An object whose members have names of somebody else's making.
    static func map(of value: Schema) -> Schema {
        Schema(["type": "object", "additionalProperties": .object(value.json)])
    }

    static func any(of schemas: [Schema]) -> Schema { Schema(["anyOf": .array(schemas.map { .object($0.json) })]) }
    static func one(of schemas: [Schema]) -> Schema { Schema(["oneOf": .array(schemas.map { .object($0.json) })]) }

    /// The same, or null.
    var orNull: Schema {
        guard let type = json["type"]?.stringValue else { return json.isEmpty ? self : .any(of: [self, .null]) }
        guard type != "null" else { return self }
        var json = json
        json["type"] = [.string(type), "null"]
        if let words = json["enum"]?.arrayValue { json["enum"] = .array(words + [.null]) }
        return Schema(json)
    }

    /// The same, with a sentence about it.
    func described(_ sentence: String) -> Schema {
        var json = json
        json["description"] = .string(sentence)
        return Schema(json)
    }

    /// The same, with a value for those who try it out.
    func example(_ value: JSON) -> Schema {
        var json = json
        json["examples"] = [value]
        return Schema(json)
    }
}

extension Schema {
    static let guid = text(pattern: "[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
    /// RFC 3339 in UTC and whole seconds.
    static let time = Schema([
        "type": "string", "format": "date-time",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
    ])
    /// Yes or no, as the different clients write it.
    static let loudFlag = word(of: QueryFlag.words)
    /// Numbers that clients take for texts.
    static let id = text(pattern: "[1-9][0-9]{0,17}")
    static let line = text(pattern: TextRules.linePattern, 0...TextRules.lineLength)
    static let title = text(pattern: TextRules.linePattern, 0...TextRules.titleLength)
    /// A line that is not empty.
    static let name = text(pattern: TextRules.namePattern, 1...TextRules.lineLength)
    static let paragraph = text(pattern: TextRules.paragraphPattern, 0...TextRules.paragraphLength)
    static let role = word(of: Role.allCases.map(\.rawValue))
    static let address = text(format: "uri")
}
