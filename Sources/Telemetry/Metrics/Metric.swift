/// What is known of a metric before anything was measured: a row of the catalogue.
public struct Metric: Sendable {
    /// What a metric does with what it is told.
    public enum Kind: Sendable, Equatable {
        /// Only ever grows; its name ends in `_total`.
        case counter
        /// Goes up and down.
        case gauge
        /// Counts how many values were at most as large as each of these bounds.
        case histogram(bounds: [Double])
    }

    /// A label and the closed set that its values come from.
    public struct Label: Sendable {
        let name: String
        let values: Values

        /// A label; its name must be one that Prometheus reads.
        public init(_ name: String, _ values: Values) {
            precondition(Metric.isName(name, colons: false), "\(name) is no label name")
            self.name = name
            self.values = values
        }
    }

    /// What the values of a label look like. Never what somebody outside typed: no GUID, slug, email or address.
    public enum Values: Sendable {
        /// These and no others.
        case oneOf(Set<String>)
        /// Words that another room has a closed set of, such as the keys of templates.
        case word
        /// The pattern of a route, such as `/v1/content/{guid}`.
        case route
        /// The three digits of an HTTP status.
        case status
    }

    /// The name, which ends in its unit; a counter's ends in `_total`.
    public let name: String
    let kind: Kind
    let help: String
    let labels: [Label]

    /// A row of the catalogue.
    ///
    /// - Parameters:
    ///   - name: with the unit at its end.
    ///   - help: one sentence.
    public init(_ name: String, _ kind: Kind, _ help: String, labels: [Label] = []) {
        precondition(Self.isName(name, colons: true), "\(name) is no metric name")
        precondition((kind == .counter) == name.hasSuffix("_total"), "\(name): counters alone end in _total")
        precondition(!labels.contains { $0.name == "le" }, "\(name): le is the name of a histogram's own label")
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
    }

    /// The values of the labels, in the catalogue's order; nil where one is missing, unknown, or not of its set.
    func values(of dimensions: [(String, String)]) -> [String]? {
        guard dimensions.count == labels.count else { return nil }
        var values: [String] = []
        for label in labels {
            guard let value = dimensions.first(where: { $0.0 == label.name })?.1, label.values.contains(value) else {
                return nil
            }
            values.append(value)
        }
        return values
    }

    /// The names that Prometheus' text format allows; colons are for metrics alone.
    static func isName(_ name: String, colons: Bool) -> Bool {
        guard let first = name.utf8.first, !name.hasPrefix("__") else { return false }
        return !Self.isDigit(first)
            && name.utf8.allSatisfy {
                isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") || colons && $0 == UInt8(ascii: ":")
            }
    }

    fileprivate static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    fileprivate static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}

extension Metric.Values {
    /// Shorter than a GUID, so that none can be taken for a word.
    private static let longestWord = 32
    private static let longestRoute = 120

    func contains(_ value: String) -> Bool {
        switch self {
        case .oneOf(let set): set.contains(value)
        case .word:
            (1...Self.longestWord).contains(value.utf8.count)
                && value.utf8.allSatisfy { byte in
                    (Metric.isLetter(byte) && byte & 0x20 != 0) || Metric.isDigit(byte) || "_-".utf8.contains(byte)
                }
        case .route:
            (1...Self.longestRoute).contains(value.utf8.count)
                && value.utf8.allSatisfy { Metric.isLetter($0) || Metric.isDigit($0) || "/_.-{}*".utf8.contains($0) }
        case .status: value.utf8.count == 3 && value.utf8.allSatisfy(Metric.isDigit)
        }
    }
}
