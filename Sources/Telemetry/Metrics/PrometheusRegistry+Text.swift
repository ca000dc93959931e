extension PrometheusRegistry {
    /// What `text()` is, for the Content-Type header.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Everything that was measured, in Prometheus' text format 0.0.4; metrics and series in alphabetical order.
    public func text() -> String {
        let reading = reading()
        var text = ""
        for name in catalogue.names {
            guard let metric = catalogue.metrics[name], let series = reading[name], !series.isEmpty else { continue }
            text += "# HELP \(name) \(Self.escaped(metric.help, quote: false))\n"
            text += "# TYPE \(name) \(metric.kind.word)\n"
            for (values, cell) in series.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                let labels = zip(metric.labels, values).map { label, value in
                    "\(label.name)=\"\(Self.escaped(value, quote: true))\""
                }
                switch cell {
                case .counter(let cell): text += "\(name)\(Self.braced(labels)) \(cell.value)\n"
                case .gauge(let cell): text += "\(name)\(Self.braced(labels)) \(Self.number(cell.value))\n"
                case .histogram(let cell): text += Self.histogram(name, labels, cell)
                }
            }
        }
        return text
    }

    private static func histogram(_ name: String, _ labels: [String], _ cell: HistogramCell) -> String {
        let reading = cell.value
        var text = ""
        var total: UInt64 = 0
        for (bound, count) in zip(cell.bounds + [.infinity], reading.counts) {
            total += count
            text += "\(name)_bucket\(braced(labels + ["le=\"\(number(bound))\""])) \(total)\n"
        }
        text += "\(name)_sum\(braced(labels)) \(number(reading.sum))\n"
        return text + "\(name)_count\(braced(labels)) \(total)\n"
    }

    private static func braced(_ labels: [String]) -> String {
        labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
    }

    /// Backslash and line feed are escaped everywhere, quotation marks in the values of labels.
    static func escaped(_ text: String, quote: Bool) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return quote ? escaped.replacing("\"", with: "\\\"") : escaped
    }

    /// A number as Go reads it: whole ones without a fraction, which Swift would write.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        guard value == value.rounded(), abs(value) < 1e15 else { return "\(value)" }
        return "\(Int64(value))"
    }
}

extension Metric.Kind {
    fileprivate var word: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}
