import JSON

extension Setting {
    /// The setting in the API's words: an option's, or a field's.
    func answer(order: Int64) -> JSON {
        var object: JSONObject = [
            "name": .string(name), "description": .string(description), "order": .integer(order),
            "label": .string(label),
        ]
        switch form {
        case .choice(let values):
            object["type"] = "select"
            object["values"] = .array(values.map(JSON.string))
        case .flag:
            object["type"] = "bool"
            object["values"] = [true, false]
        default:
            object["validation"] = validation.map { .string($0.text) } ?? .null
            object["validation_description"] = validation.map { .string($0.description) } ?? .null
            object["secret"] = .bool(isSecret)
            object["multiline"] = .bool(isMultiline)
        }
        object["default"] = defaultValue ?? .null
        object["visibility_expression"] = visibility?.answer ?? .null
        return .object(object)
    }

    /// Whether it is typed into a box of several lines.
    var isMultiline: Bool {
        switch form {
        case .secret(.privateKey), .secret(.googleKey): true
        default: false
        }
    }
}
