/// What a vendor does not want among the scopes.
enum ScopeRule: Sendable {
    /// The vendor does not know this scope.
    case never(String, because: String)
    /// The vendor takes one scope that begins so, at most; letter case aside.
    case atMostOne(prefix: String, because: String)

    /// What is wrong; nil where nothing is.
    func objection(to scopes: [String]) -> String? {
        switch self {
        case .never(let scope, let reason): scopes.contains(scope) ? reason : nil
        case .atMostOne(let prefix, let reason):
            scopes.filter { $0.lowercased().hasPrefix(prefix) }.count > 1 ? reason : nil
        }
    }
}
