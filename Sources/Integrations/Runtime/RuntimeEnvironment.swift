public import Cryptography

/// The variables that content runs with, put together from who sets them.
///
/// What Gatehouse itself sets wins over what integrations set, and that over the publisher's own.
public struct RuntimeEnvironment: Sendable {
    /// A variable. Values are secrets, whatever they are.
    public typealias Variable = (name: String, value: SecretString)

    /// What an integration would have content know.
    struct Contribution {
        let integration: String
        let variables: [(name: String, value: String)]
    }

    /// The variables, in alphabetical order.
    public let variables: [Variable]
    /// What whoever starts the content should know about them.
    public let warnings: [String]

    init(own: [Variable], contributions: [Contribution], fixed: [Variable]) {
        var values: [String: SecretString] = [:]
        for variable in own { values[variable.name] = variable.value }
        var warnings: [String] = []
        for (name, given) in Self.collect(contributions) {
            if Set(given.map(\.value)).count > 1 {
                let names = given.map(\.integration).joined(separator: ", ")
                warnings.append(
                    "\(name) is not set by \(names), which want different values for it: choose one as a variable of the content."
                )
            } else if let only = given.first {
                values[name] = SecretString(only.value)
            }
        }
        for variable in fixed { values[variable.name] = variable.value }
        variables = values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        self.warnings = warnings
    }

    /// Who wants what of each name, in alphabetical order of the names.
    private static func collect(
        _ contributions: [Contribution]
    ) -> [(name: String, given: [(integration: String, value: String)])] {
        var byName: [String: [(integration: String, value: String)]] = [:]
        for contribution in contributions {
            for variable in contribution.variables {
                byName[variable.name, default: []].append((contribution.integration, variable.value))
            }
        }
        return byName.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
