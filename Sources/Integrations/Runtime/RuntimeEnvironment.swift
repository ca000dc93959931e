import Accounts
public import Cryptography

/// The variables that content runs with, put together from who sets them.
///
/// What Gatehouse itself sets wins over what integrations set, and that over the publisher's own. Protected variables are
/// left out, whoever set them: some are older than the rule that refuses them.
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
        var warnings: [String] = []
        for variable in own {
            if let warning = Self.warning(of: variable) {
                warnings.append(warning)
            } else {
                values[variable.name] = variable.value
            }
        }
        let disputed = Self.disputed(contributions.map(\.variables))
        for (name, given) in Self.collect(contributions) {
            if disputed.contains(name) {
                let names = given.map(\.integration).joined(separator: ", ")
                warnings.append(
                    "\(name) is not set by \(names), which want different values for it: choose one as a variable of the content."
                )
            } else if let only = given.first {
                if values[name] != nil {
                    warnings.append(
                        "\(name) of the content is overridden by the data source \(only.integration): remove the variable, or detach the data source."
                    )
                }
                values[name] = SecretString(only.value)
            }
        }
        for variable in fixed { values[variable.name] = variable.value }
        variables = values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        self.warnings = warnings
    }

    /// Why a variable is not handed on; nil where it is.
    public static func warning(of variable: Variable) -> String? {
        let effect =
            ProtectedVariables.effect(of: variable.name) ?? ProtectedVariables.effect(ofValue: variable.value)
        return effect.map {
            "\(variable.name) is set for this content and is left out: it \($0). Remove it, and set it where the content is started if it is needed."
        }
    }

    /// The names for which integrations want different values: none of them sets such a name.
    public static func disputed(_ environments: [[(name: String, value: String)]]) -> Set<String> {
        var values: [String: Set<String>] = [:]
        for variable in environments.joined() { values[variable.name, default: []].insert(variable.value) }
        return Set(values.filter { $0.value.count > 1 }.keys)
    }

    /// Who wants what of each name, in alphabetical order of the names.
    static func collect(
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
