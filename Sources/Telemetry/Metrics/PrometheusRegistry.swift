public import CoreMetrics
import Synchronization

/// Holds what was measured and writes it in Prometheus' text format.
///
/// Handlers are made once and kept by whoever measures; making one twice gives the same. What the catalogue does not know
/// gets a handler that is in no answer, and is counted.
public final class PrometheusRegistry: MetricsFactory {
    /// A value that is read when somebody asks for the metrics.
    public struct Sample: Sendable {
        let name: String
        let labels: [(String, String)]
        let value: Double

        /// A sample of a metric of the catalogue.
        public init(_ name: String, labels: [(String, String)] = [], _ value: Double) {
            self.name = name
            self.labels = labels
            self.value = value
        }
    }

    /// Reads samples; called for each scrape, so it must be quick.
    public typealias Source = @Sendable () -> [Sample]

    enum Cell: Sendable {
        case counter(CounterCell)
        case gauge(GaugeCell)
        case histogram(HistogramCell)
    }

    /// So many combinations of labels a metric has at most: a mistake must not fill the memory.
    static let maximumSeries = 2000

    let catalogue: Catalogue
    private let cells = Mutex<[String: [[String]: Cell]]>([:])
    private let sources = Mutex<[Source]>([])
    private let refused = CounterCell()

    /// A registry without measurements.
    public init(_ catalogue: Catalogue) { self.catalogue = catalogue }

    /// Has a source read for each scrape.
    public func add(_ source: @escaping Source) { sources.withLock { $0.append(source) } }

    /// Everything that was measured, by metric and values of labels.
    func reading() -> [String: [[String]: Cell]] {
        var reading = cells.withLock { $0 }
        for sample in sources.withLock({ $0 }).flatMap({ $0() }) {
            guard let metric = catalogue.metrics[sample.name], let values = metric.values(of: sample.labels) else {
                refused.increment(by: 1)
                continue
            }
            let cell = GaugeCell()
            cell.set(sample.value)
            reading[sample.name, default: [:]][values] = .gauge(cell)
        }
        reading[Catalogue.refusedName] = [[]: .counter(refused)]
        return reading
    }

    /// A counter of the catalogue.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        guard case .counter(let cell) = cell(label, dimensions, wanted: .counter) else { return CounterCell() }
        return cell
    }

    /// A histogram where it aggregates, otherwise a gauge.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        switch cell(label, dimensions, wanted: aggregate ? .histogram(bounds: []) : .gauge) {
        case .gauge(let cell): cell
        case .histogram(let cell): cell
        default: GaugeCell()
        }
    }

    /// A gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        guard case .gauge(let cell) = cell(label, dimensions, wanted: .gauge) else { return GaugeCell() }
        return cell
    }

    /// A histogram in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        guard case .histogram(let cell) = cell(label, dimensions, wanted: .histogram(bounds: [])) else {
            return HistogramCell(bounds: [])
        }
        return cell
    }

    /// What was counted stays: a counter that disappears looks like a restart.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// What was recorded stays.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// What was recorded stays.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// What was recorded stays.
    public func destroyTimer(_ handler: any TimerHandler) {}

    private func cell(_ name: String, _ dimensions: [(String, String)], wanted: Metric.Kind) -> Cell? {
        guard let metric = catalogue.metrics[name], let values = metric.values(of: dimensions) else {
            refused.increment(by: 1)
            return nil
        }
        let cell = cells.withLock { cells -> Cell? in
            if let held = cells[name]?[values] { return held }
            guard cells[name, default: [:]].count < Self.maximumSeries else { return nil }
            let made: Cell =
                switch metric.kind {
                case .counter: .counter(CounterCell())
                case .gauge: .gauge(GaugeCell())
                case .histogram(let bounds): .histogram(HistogramCell(bounds: bounds))
                }
            guard made.fits(wanted) else { return nil }
            cells[name, default: [:]][values] = made
            return made
        }
        guard let cell, cell.fits(wanted) else {
            refused.increment(by: 1)
            return nil
        }
        return cell
    }
}

extension PrometheusRegistry.Cell {
    fileprivate func fits(_ kind: Metric.Kind) -> Bool {
        switch (self, kind) {
        case (.counter, .counter), (.gauge, .gauge), (.histogram, .histogram): true
        default: false
        }
    }
}
