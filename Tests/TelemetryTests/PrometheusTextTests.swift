import CoreMetrics
import Testing

@testable import Telemetry

@Suite("Prometheus' text format")
struct PrometheusTextTests {
    private static let catalogue = Catalogue([
        Metric(
            "tea_cups_total", .counter, "Cups of tea,\nby \\ kind.",
            labels: [.init("kind", .oneOf(["a\"b\\c\nd", "green"]))]),
        Metric("tea_pots", .gauge, "Pots."),
        Metric("tea_seconds", .histogram(bounds: [0.1, 1]), "How long.", labels: [.init("kind", .word)]),
    ])

    private let registry = PrometheusRegistry(catalogue)

    private func lines(of name: String) -> [Substring] {
        registry.text().split(separator: "\n").filter { $0.hasPrefix(name) || $0.hasPrefix("# TYPE \(name)") }
    }

    @Test func aCounterHasItsHelpItsTypeAndItsEscapedLabels() {
        Counter(label: "tea_cups_total", dimensions: [("kind", "green")], factory: registry).increment(by: 3)
        Counter(label: "tea_cups_total", dimensions: [("kind", "a\"b\\c\nd")], factory: registry).increment()
        #expect(
            registry.text().hasSuffix(
                """
                # HELP tea_cups_total Cups of tea,\\nby \\\\ kind.
                # TYPE tea_cups_total counter
                tea_cups_total{kind="a\\"b\\\\c\\nd"} 1
                tea_cups_total{kind="green"} 3

                """
            ),
            "\(registry.text())"
        )
    }

    @Test func oneMoreHandlerOfTheSameNameGoesOnCounting() {
        for _ in 0..<2 {
            Counter(label: "tea_cups_total", dimensions: [("kind", "green")], factory: registry).increment()
        }
        #expect(lines(of: "tea_cups_total").last == "tea_cups_total{kind=\"green\"} 2")
    }

    @Test func aHistogramCountsEachValueInItsBucketAndInAllLargerOnes() {
        let timer = Timer(label: "tea_seconds", dimensions: [("kind", "green")], factory: registry)
        for milliseconds in [100, 125, 1000, 5000] { timer.recordMilliseconds(milliseconds) }
        #expect(
            lines(of: "tea_seconds") == [
                "# TYPE tea_seconds histogram",
                #"tea_seconds_bucket{kind="green",le="0.1"} 1"#, #"tea_seconds_bucket{kind="green",le="1"} 3"#,
                #"tea_seconds_bucket{kind="green",le="+Inf"} 4"#, #"tea_seconds_sum{kind="green"} 6.225"#,
                #"tea_seconds_count{kind="green"} 4"#,
            ])
    }

    @Test func aValueThatIsNoNumberDoesNotSpoilTheSum() {
        let recorder = Recorder(label: "tea_seconds", dimensions: [("kind", "green")], factory: registry)
        recorder.record(0.25)
        recorder.record(Double.nan)
        #expect(lines(of: "tea_seconds").contains(#"tea_seconds_sum{kind="green"} 0.25"#))
    }

    @Test func aGaugeGoesUpAndDown() {
        let meter = Meter(label: "tea_pots", factory: registry)
        meter.set(2.5)
        meter.increment(by: 2)
        meter.decrement(by: 0.5)
        #expect(lines(of: "tea_pots").last == "tea_pots 4")
        Gauge(label: "tea_pots", factory: registry).record(7)
        #expect(lines(of: "tea_pots").last == "tea_pots 7")
    }

    @Test func numbersAreWrittenAsGoReadsThem() {
        #expect(PrometheusRegistry.number(.infinity) == "+Inf")
        #expect(PrometheusRegistry.number(-.infinity) == "-Inf")
        #expect(PrometheusRegistry.number(.nan) == "NaN")
        #expect(PrometheusRegistry.number(0.0005) == "0.0005")
        #expect(PrometheusRegistry.number(-3) == "-3")
        #expect(PrometheusRegistry.number(1e22) == "1e+22")
    }

    @Test func whatIsReadAtScrapeIsReadAtEachScrape() {
        let count = CounterCell()
        registry.add {
            count.increment(by: 1)
            return [.init("tea_pots", Double(count.value))]
        }
        #expect(lines(of: "tea_pots").last == "tea_pots 1")
        #expect(lines(of: "tea_pots").last == "tea_pots 2")
    }

    @Test func incrementsOfManyTasksAllCount() async {
        let counter = Counter(label: "tea_cups_total", dimensions: [("kind", "green")], factory: registry)
        let timer = Timer(label: "tea_seconds", dimensions: [("kind", "green")], factory: registry)
        let meter = Meter(label: "tea_pots", factory: registry)
        await withDiscardingTaskGroup { group in
            for _ in 0..<50 {
                group.addTask {
                    for _ in 0..<1000 {
                        counter.increment()
                        timer.recordMilliseconds(500)
                        meter.increment()
                    }
                }
            }
        }
        #expect(lines(of: "tea_cups_total").last == "tea_cups_total{kind=\"green\"} 50000")
        #expect(lines(of: "tea_seconds_count").last == "tea_seconds_count{kind=\"green\"} 50000")
        #expect(lines(of: "tea_pots").last == "tea_pots 50000")
    }
}
