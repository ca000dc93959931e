/// A length of time as people write it: `75s`, `75`, `2m`.
enum TimeSpan {
    private static let units: [(names: [String], seconds: Int64)] = [
        (["", "s"], 1), (["m", "min"], 60), (["h"], 3600),
    ]

    /// - Throws: `ConfigurationError` naming the flag.
    static func parse(_ text: String, _ flag: String, in range: ClosedRange<Int64>) throws -> Duration {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).lowercased()
        guard let number = Int64(digits), number <= range.upperBound,
            let seconds = units.first(where: { $0.names.contains(unit) })?.seconds,
            range.contains(number * seconds)
        else {
            throw ConfigurationError(
                "\(flag) must be a time from \(range.lowerBound)s to \(range.upperBound)s, such as 75s or 2m.")
        }
        return .seconds(number * seconds)
    }
}
