import Integrations
import Storage

/// One of the charts of the activity page: a bar for each step, made here, with nothing inline that a style could be.
///
/// What it counts stands above it in words, and each has a pattern of its own: no meaning is in the colour alone.
struct ActivityChart {
    let name: String
    let label: String
    let explanation: String
    let count: @Sendable (ActivityCounts) -> Int64

    static let all = [
        ActivityChart(name: "exchanges", label: "Exchanges", explanation: "Tokens handed out.") { $0.exchangesServed },
        ActivityChart(
            name: "refreshes", label: "Refreshes", explanation: "Fresh tokens that the providers gave."
        ) { $0.refreshesDone },
        ActivityChart(
            name: "failures", label: "Failures",
            explanation:
                "Exchanges, refreshes and logins that did not work, but for those who have not logged in or may not."
        ) { $0.failures },
    ]

    /// The width of a step and the height of the highest bar, in the chart's own units.
    private static let (step, gap, height): (Int, Int, Int64) = (10, 2, 100)

    func values(_ series: [Activity.Point], _ window: ActivityWindow, of dataSource: String?) -> [String: PageValue] {
        let counts = series.map { count($0.counts) }
        let sum = counts.reduce(0, +)
        let highest = counts.max() ?? 0
        let last = series.last?.start ?? Timestamp(seconds: 0)
        let most = highest > 0 ? ", \(highest.grouped) in \(window.stepWords) at most" : ""
        let of = dataSource.map { " of \($0)" } ?? ""
        return [
            "name": .text(name), "label": .text(label), "explanation": .text(explanation),
            "summary": .text("\(sum.grouped) in \(window.words)\(most)"),
            "title": .text("\(label)\(of), \(window.words)"),
            "bars": .text(bars(counts, highest)), "width": .number(counts.count * Self.step),
            "first": window.value(series.first?.start), "last": window.value(last),
        ]
    }

    /// The bars as one path: the smallest that counts anything is seen.
    private func bars(_ counts: [Int64], _ highest: Int64) -> String {
        guard highest > 0 else { return "" }
        return counts.enumerated().filter { $1 > 0 }.map { position, count in
            let height = max(2, count * Self.height / highest)
            let width = Self.step - Self.gap
            return "M\(position * Self.step + Self.gap / 2) \(Self.height)v-\(height)h\(width)v\(height)z"
        }.joined()
    }
}

/// How a data source did, as a word with a colour beside it.
enum HealthBadge {
    /// For `{{#health}}<span class="badge {{kind}}">{{word}}</span>{{/health}}`; `numbers` says it in full.
    static func value(_ health: IntegrationHealth) -> PageValue {
        let (kind, word) =
            switch health.state {
            case .good: ("good", "Good")
            case .quiet: ("", "Quiet")
            case .someFailures: ("warn", "Some failures")
            case .failing: ("bad", "Failing")
            }
        return .object(["kind": .text(kind), "word": .text(word), "numbers": .text(health.words)])
    }
}

extension Int64 {
    /// With a comma between thousands.
    var grouped: String {
        let digits = String(magnitude)
        var groups: [Substring] = []
        var rest = digits[...]
        while rest.count > 3 {
            groups.insert(rest.suffix(3), at: 0)
            rest = rest.dropLast(3)
        }
        return (self < 0 ? "-" : "") + ([rest] + groups).joined(separator: ",")
    }
}
