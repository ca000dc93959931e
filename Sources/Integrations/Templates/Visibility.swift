import JSON

/// Under which options a setting exists. Read against a complete config, in which what is missing is the empty text.
indirect enum Visibility: Sendable, Equatable {
    /// The option has this value.
    case equals(String, JSON)
    /// Every one holds.
    case all([Visibility])
    /// At least one holds.
    case any([Visibility])
    /// It does not hold.
    case not(Visibility)

    /// Something was typed or chosen.
    static func given(_ name: String) -> Visibility { .not(.equals(name, "")) }

    /// Whether it holds for a config.
    func holds(in config: JSONObject) -> Bool {
        switch self {
        case .equals(let name, let value): (config[name] ?? "") == value
        case .all(let operands): operands.allSatisfy { $0.holds(in: config) }
        case .any(let operands): operands.contains { $0.holds(in: config) }
        case .not(let operand): !operand.holds(in: config)
        }
    }

    /// The settings it reads.
    var names: Set<String> {
        switch self {
        case .equals(let name, _): [name]
        case .all(let operands), .any(let operands): operands.reduce(into: []) { $0.formUnion($1.names) }
        case .not(let operand): operand.names
        }
    }

    /// The expression in the API's words.
    var answer: JSON {
        func node(_ word: JSON, _ operands: [Visibility]) -> JSON {
            ["operator": word, "operands": .array(operands.map(\.answer))]
        }
        return switch self {
        case .equals(let name, let value): ["name": .string(name), "value": value]
        case .all(let operands): node("and", operands)
        case .any(let operands): node("or", operands)
        case .not(let operand): node("not", [operand])
        }
    }

    /// The expression for people, behind "where".
    var sentence: String {
        switch self {
        case .equals(let name, ""): "\(name) is not given"
        case .not(.equals(let name, "")): "\(name) is given"
        case .equals(let name, let value): "\(name) is \(value.stringValue ?? value.text())"
        case .not(.equals(let name, let value)): "\(name) is not \(value.stringValue ?? value.text())"
        case .all(let operands): operands.map(\.sentence).joined(separator: " and ")
        case .any(let operands): operands.map(\.sentence).joined(separator: " or ")
        case .not(let operand): "not: \(operand.sentence)"
        }
    }
}

extension Visibility {
    /// Content acts for its viewer.
    static let isViewer = Visibility.equals("auth_type", .string(AuthType.viewer.rawValue))
    /// Content acts for itself.
    static let isServiceAccount = Visibility.equals("auth_type", .string(AuthType.serviceAccount.rawValue))
    /// The client has a secret.
    static let isConfidential = Visibility.not(.equals("auth_mode", "Public"))
    /// Where a login ends in a client that proves who it is; for templates whose service accounts have another secret.
    static let isConfidentialViewer = Visibility.all([.isViewer, .isConfidential])
}
