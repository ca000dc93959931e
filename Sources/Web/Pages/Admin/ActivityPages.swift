import Accounts
import Hummingbird
import HummingbirdCore
import Integrations
import OAuthClient
import Storage

/// What happened with an account's data sources, for its administrators: as a chart and as a table.
struct ActivityPages {
    func add(to doors: PageDoors) {
        doors.get("activity", for: Administrator.self) { visit, _ in try await activity(visit) }
    }

    private func activity(_ visit: Visit) async throws -> Response {
        let query = try visit.query()
        let window = try Self.window(query["period"])
        let chosen = try Self.dataSource(query["data_source"])
        let totals = try await visit.tenant.activity.totals(window)
        let series = try await visit.tenant.activity.series(of: chosen, window)
        let name = totals.first { $0.integration == chosen }?.name
        var values: [String: PageValue] = [
            "periods": .list(ActivityWindow.allCases.map { period($0, isCurrent: $0 == window, query, visit) }),
            "has_data_sources": .flag(!totals.isEmpty), "has_activity": .flag(series.contains { !$0.counts.isEmpty }),
            "in_words": .text(window.words),
            "in_words_first": .text(window.words.prefix(1).uppercased() + window.words.dropFirst()),
            "chosen_name": .text(name ?? ""),
            "charts": .list(ActivityChart.all.map { $0.values(series, window, of: name) }),
            "steps": .list(series.reversed().map { Self.step($0, window) }),
            "step_label": .text(window.stepLabel),
            "failures_in_audit": .text(Self.audit(visit, "outcome=failure", chosen, series) { $0.failures }),
            "refused_in_audit": .text(
                Self.audit(visit, "action=credentials.refused", chosen, series) {
                    $0.exchangesRefused + $0.exchangesFailed
                }),
            "everything": .text(Self.address(visit, window, nil)),
            "chosen_page": .text(chosen.map { visit.path("integrations/\($0)") } ?? ""),
        ]
        if chosen == nil {
            values.merge(try list(totals, window, query, visit)) { first, _ in first }
        }
        return visit.page("activity", title: name.map { "Activity of \($0)" } ?? "Activity", in: .activity, values)
    }

    /// The data sources, those with failures first.
    private func list(
        _ totals: [ActivityTotal], _ window: ActivityWindow, _ query: [String: String], _ visit: Visit
    ) throws(Refusal) -> [String: PageValue] {
        let pager = try Pager(query)
        let text = try TextRules.line(query["q"] ?? "", field: "q", minimum: 0)
        let folded = text.lowercased()
        let found = totals.filter { folded.isEmpty || $0.name.lowercased().contains(folded) }
            .sorted {
                ($0.counts.failures, $0.counts.exchangesServed) > ($1.counts.failures, $1.counts.exchangesServed)
            }
        let shown = found.dropFirst((pager.number - 1) * Pager.size).prefix(Pager.size)
        var values = pager.values(
            total: found.count, at: visit.path("activity"), ["period": window.rawValue, "q": text])
        values["period"] = .text(window.rawValue)
        values["q"] = .text(text)
        values["has_rows"] = .flag(!shown.isEmpty)
        values["is_searched"] = .flag(!text.isEmpty)
        values["data_sources"] = .list(
            shown.map { total in
                Self.numbers(total.counts).merging([
                    "name": .text(total.name), "address": .text(Self.address(visit, window, total.integration)),
                    "health": HealthBadge.value(IntegrationHealth(total.counts)),
                ]) { first, _ in first }
            })
        return values
    }

    private func period(
        _ window: ActivityWindow, isCurrent: Bool, _ query: [String: String], _ visit: Visit
    ) -> [String: PageValue] {
        var address = "\(visit.path("activity"))?period=\(window.rawValue)"
        for name in ["data_source", "q"] {
            if let value = query[name], !value.isEmpty { address += "&\(name)=\(FormEncoding.encode(value))" }
        }
        return ["label": .text(window.label), "address": .text(address), "is_current": .flag(isCurrent)]
    }

    private static func step(_ point: Activity.Point, _ window: ActivityWindow) -> [String: PageValue] {
        numbers(point.counts).merging(["start": window.value(point.start)]) { first, _ in first }
    }

    private static func numbers(_ counts: ActivityCounts) -> [String: PageValue] {
        [
            "exchanges": .text(counts.exchangesServed.grouped), "refused": .text(counts.exchangesRefused.grouped),
            "refreshes": .text(counts.refreshesDone.grouped), "logins": .text(counts.loginsDone.grouped),
            "failures": .text(counts.failures.grouped), "has_failures": .flag(counts.failures > 0),
        ]
    }

    private static func address(_ visit: Visit, _ window: ActivityWindow, _ source: GUID?) -> String {
        "\(visit.path("activity"))?period=\(window.rawValue)" + (source.map { "&data_source=\($0)" } ?? "")
    }

    /// Where the audit tells of something; empty where it did not happen.
    private static func audit(
        _ visit: Visit, _ what: String, _ source: GUID?, _ series: [Activity.Point], _ count: (ActivityCounts) -> Int64
    ) -> String {
        guard let first = series.first, series.contains(where: { count($0.counts) > 0 }) else { return "" }
        return visit.path("audit") + "?\(what)&from=\(FormEncoding.encode(first.start.description))"
            + (source.map { "&integration_guid=\($0)" } ?? "")
    }

    private static func window(_ text: String?) throws(Refusal) -> ActivityWindow {
        guard let text, !text.isEmpty else { return .day }
        guard let window = ActivityWindow(rawValue: text) else {
            throw .invalid("period", "period must be day, week or month.")
        }
        return window
    }

    private static func dataSource(_ text: String?) throws(Refusal) -> GUID? {
        guard let text, !text.isEmpty else { return nil }
        guard let guid = GUID(text) else {
            throw .invalid("data_source", "data_source must be the GUID of a data source.")
        }
        return guid
    }
}

extension ActivityWindow {
    fileprivate var label: String {
        switch self {
        case .day: "Last day"
        case .week: "7 days"
        case .month: "30 days"
        }
    }

    /// In a sentence.
    var words: String {
        switch self {
        case .day: "the last 24 hours"
        case .week: "the last 7 days"
        case .month: "the last 30 days"
        }
    }

    /// The beginning of a step, as a page shows it.
    func value(_ start: Timestamp?) -> PageValue { self == .month ? .day(start) : .time(start) }

    fileprivate var stepLabel: String {
        switch self {
        case .day: "Hour from"
        case .week: "Six hours from"
        case .month: "Day (UTC)"
        }
    }

    /// A step, as one says "at most so many in ...".
    var stepWords: String {
        switch self {
        case .day: "an hour"
        case .week: "six hours"
        case .month: "a day"
        }
    }
}
