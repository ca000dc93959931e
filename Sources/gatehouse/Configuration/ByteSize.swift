/// A number of bytes as people write it: `104857600`, `100MiB`, `100M`.
enum ByteSize {
    private static let units: [(names: [String], shift: Int)] = [
        (["", "b"], 0), (["k", "kib"], 10), (["m", "mib"], 20), (["g", "gib"], 30),
    ]
    static let smallest = 1 << 10
    static let largest = 1 << 40

    /// - Throws: `ConfigurationError` naming the flag.
    static func parse(_ text: String, _ flag: String) throws -> Int {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).lowercased()
        guard let number = Int(digits), let shift = units.first(where: { $0.names.contains(unit) })?.shift,
            number <= largest >> shift, (smallest...largest).contains(number << shift)
        else {
            throw ConfigurationError("\(flag) must be a size from 1KiB to 1024GiB, such as 100MiB.")
        }
        return number << shift
    }
}
