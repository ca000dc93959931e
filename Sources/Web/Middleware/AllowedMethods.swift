/// Which methods an address knows: what a refused one is told (RFC 9110, section 15.5.6).
struct AllowedMethods: Sendable {
    private struct Address: Sendable {
        let segments: [Substring]
        var methods: Set<String>
    }

    private let addresses: [Address]

    init(_ routes: [WebRouter.Route]) {
        let byPath = Dictionary(grouping: routes, by: \.path)
        addresses = byPath.map { path, routes in
            var methods = Set(routes.map(\.method))
            if methods.contains("GET") { methods.insert("HEAD") }
            return Address(segments: Self.segments(path), methods: methods)
        }
    }

    /// The methods as `Allow` has them; nil where there is nothing at the path.
    func methods(at path: String) -> String? {
        let segments = Self.segments(path)
        let found = addresses.filter { Self.matches(segments, $0.segments) }
        // The router prefers what is written to what is a parameter, from the left.
        let best = found.max { left, right in
            for (left, right) in zip(left.segments, right.segments) where Self.rank(left) != Self.rank(right) {
                return Self.rank(left) < Self.rank(right)
            }
            return left.segments.count < right.segments.count
        }
        return best.map { $0.methods.sorted().joined(separator: ", ") }
    }

    private static func segments(_ path: String) -> [Substring] { path.split(separator: "/") }

    private static func matches(_ path: [Substring], _ pattern: [Substring]) -> Bool {
        for (position, part) in pattern.enumerated() {
            if part == "**" { return path.count > position }
            guard position < path.count, part.first == "{" || part == path[position] else { return false }
        }
        return path.count == pattern.count
    }

    private static func rank(_ part: Substring) -> Int { part == "**" ? 0 : part.first == "{" ? 1 : 2 }
}
