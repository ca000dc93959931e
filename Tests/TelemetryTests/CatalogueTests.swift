import CoreMetrics
import Testing

@testable import Telemetry

@Suite("The catalogue of metrics")
struct CatalogueTests {
    private let registry = PrometheusRegistry(.gatehouse)

    private var refused: String? {
        registry.text().split(separator: "\n").first { $0.hasPrefix(Catalogue.refusedName) }.map(String.init)
    }

    @Test func whatItDoesNotKnowIsNotShownAndCounted() {
        #expect(refused == "gatehouse_metrics_refused_total 0")
        Counter(label: "gatehouse_surprises_total", factory: registry).increment()
        #expect(!registry.text().contains("surprises"))
        #expect(refused == "gatehouse_metrics_refused_total 1")
    }

    @Test(arguments: [
        "ada@acme.example", "0198c0de-0000-8000-8000-000000000000", "a b", "Databricks", "", "x\"} 1\nfake",
        String(repeating: "a", count: 33),
    ])
    func whatSomebodyTypedIsNoLabel(_ value: String) {
        Counter(label: "gatehouse_exchanges_total", dimensions: [("outcome", value)], factory: registry).increment()
        #expect(!registry.text().contains("gatehouse_exchanges_total"))
        #expect(refused == "gatehouse_metrics_refused_total 1")
    }

    @Test func labelsAreTheOnesItNames() {
        Counter(label: "gatehouse_exchanges_total", factory: registry).increment()
        Counter(label: "gatehouse_exchanges_total", dimensions: [("account", "acme")], factory: registry).increment()
        Counter(
            label: "gatehouse_exchanges_total", dimensions: [("outcome", "granted"), ("account", "acme")],
            factory: registry
        ).increment()
        Counter(label: "gatehouse_sign_ins_total", dimensions: [("outcome", "vera")], factory: registry).increment()
        #expect(!registry.text().contains("gatehouse_exchanges_total{"))
        #expect(!registry.text().contains("vera"))
        #expect(refused == "gatehouse_metrics_refused_total 4")
    }

    @Test func aMetricIsOfOneKind() {
        Timer(label: "gatehouse_exchanges_total", dimensions: [("outcome", "granted")], factory: registry)
            .recordSeconds(1)
        Counter(label: "gatehouse_accounts", factory: registry).increment()
        #expect(!registry.text().contains("gatehouse_exchanges_total"))
        #expect(!registry.text().contains("gatehouse_accounts"))
    }

    @Test func labelsCannotFillTheMemory() {
        for number in 0..<(PrometheusRegistry.maximumSeries + 10) {
            Counter(label: "gatehouse_exchanges_total", dimensions: [("outcome", "n\(number)")], factory: registry)
                .increment()
        }
        let lines = registry.text().split(separator: "\n").filter { $0.hasPrefix("gatehouse_exchanges_total{") }
        #expect(lines.count == PrometheusRegistry.maximumSeries)
    }

    @Test func everyMetricIsDescribed() {
        for metric in Catalogue.gatehouse.metrics.values {
            #expect(metric.help.hasSuffix(".") && metric.help.count > 15, "\(metric.name)")
            if case .histogram(let bounds) = metric.kind {
                #expect(bounds == bounds.sorted() && metric.name.hasSuffix("_seconds"), "\(metric.name)")
            }
        }
    }

    @Test func theProcessIsMeasured() throws {
        registry.add(ProcessSamples.read)
        let values = Dictionary(
            registry.text().split(separator: "\n").filter { $0.hasPrefix("process_") }.map { line in
                let parts = line.split(separator: " ")
                return (String(parts[0]), Double(parts[1]) ?? -1)
            }
        ) { first, _ in first }
        #expect(values.count == 6)
        let openFiles = try #require(values["process_open_fds"])
        let maximumFiles = try #require(values["process_max_fds"])
        let residentBytes = try #require(values["process_resident_memory_bytes"])
        let cpuSeconds = try #require(values["process_cpu_seconds_total"])
        let startTime = try #require(values["process_start_time_seconds"])
        #expect(openFiles >= 3 && openFiles <= maximumFiles)
        #expect(residentBytes > 1_000_000)
        #expect(cpuSeconds >= 0)
        #expect(startTime > 1_700_000_000)
    }

    @Test func aProgramsNameMayHoldAnything() throws {
        let fields = (3...52).map(String.init).joined(separator: " ")
        let status = try #require(ProcessSamples.Status("42 (a ) b) \(fields)\n"))
        #expect(status.virtualBytes == 23)
        #expect(ProcessSamples.Status("42 (short) 1 2") == nil)
    }
}
