import Accounts
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// What happened in an account, for its administrators: searched, page by page, and as a file.
struct AuditPages {
    func add(to doors: PageDoors) {
        doors.get("audit", for: Administrator.self) { visit, admin in try await lines(visit, admin) }
        doors.get("audit/export", for: Administrator.self) { visit, admin in try await export(visit, admin) }
    }

    private func lines(_ visit: Visit, _ admin: Administrator) async throws -> Response {
        let query = try visit.query()
        let search = AuditSearch(query)
        let audit = visit.tenant.audit
        do throws(Refusal) {
            let filter = try await search.filter(audit, for: admin)
            let page = try await audit.page(
                filter, at: try Self.position(query), ascending: false, limit: Pager.size, for: admin)
            let names = try await audit.names(in: page.lines, for: admin)
            return show(visit, search, page, names, error: nil)
        } catch {
            guard error.code.status < 500 else { throw error }
            return show(visit, search, nil, [:], error: error)
        }
    }

    /// The page goes on after, or ends before, the line that the address names.
    private static func position(_ query: [String: String]) throws(Refusal) -> AuditPosition? {
        let (older, newer) = (query["older"], query["newer"])
        guard let text = older ?? newer else { return nil }
        guard older == nil || newer == nil, let id = Int64(text), id >= 0 else {
            throw .invalid(
                older == nil ? "newer" : "older", "older and newer must be the number of a line: one of them.")
        }
        return AuditPosition(older == nil ? .before : .after, id)
    }

    private func show(
        _ visit: Visit, _ search: AuditSearch, _ page: AuditPage?, _ names: [GUID: NameRecord], error: Refusal?
    ) -> Response {
        let path = visit.path("audit")
        let lines = page?.lines ?? []
        var (older, newer) = ("", "")
        if let last = lines.last, page?.hasNext == true { older = search.address(path, ["older": "\(last.id)"]) }
        if let first = lines.first, page?.hasPrevious == true { newer = search.address(path, ["newer": "\(first.id)"]) }
        var values = Field.form(search.fields, typed: nil, error: error)
        values.merge(Self.tabs(.lines)) { $1 }
        values["lines"] = .list(lines.map { $0.values(names, base: visit.path()) })
        values["has_lines"] = .flag(!lines.isEmpty)
        values["export_csv"] = .text(search.address(path + "/export", ["format": AuditFormat.csv.rawValue]))
        values["export_lines"] = .text(search.address(path + "/export", ["format": AuditFormat.jsonl.rawValue]))
        values["older"] = .text(older)
        values["newer"] = .text(newer)
        values["is_paged"] = .flag(!(older + newer).isEmpty)
        return visit.page("audit", title: "Audit", in: .audit, values, status: Visit.status(error))
    }

    private func export(_ visit: Visit, _ admin: Administrator) async throws -> Response {
        let query = try visit.query()
        guard let format = AuditFormat(rawValue: query["format"] ?? AuditFormat.csv.rawValue) else {
            throw Refusal.invalid("format", "format must be jsonl or csv.")
        }
        let filter = try await AuditSearch(query).filter(visit.tenant.audit, for: admin)
        let export = try await visit.tenant.audit.export(filter, as: format, by: admin)
        return .download(export, of: visit.tenant)
    }

    /// The pages of the audit.
    enum Tab: String, CaseIterable {
        case lines, retention, chain
    }

    static func tabs(_ current: Tab) -> [String: PageValue] {
        Dictionary(uniqueKeysWithValues: Tab.allCases.map { ("at_\($0.rawValue)", PageValue.flag($0 == current)) })
    }
}

extension AuditRecord {
    /// The line for a page.
    ///
    /// - Parameters:
    ///   - names: what the people and things in it are called by now.
    ///   - base: what the addresses of an account's pages begin with.
    fileprivate func values(_ names: [GUID: NameRecord], base: String) -> [String: PageValue] {
        // Whom the line is about is not said again where it is whoever did it.
        let mentioned =
            [event.subject, event.user].filter { $0 != event.actor.guid } + [event.content, event.integration]
        var seen: Set<GUID> = []
        let about = mentioned.compactMap { $0 }.filter { seen.insert($0).inserted }.compactMap { names[$0] }
        let actor = event.actor.guid.flatMap { names[$0] }
        return [
            "id": .text(String(id)), "when": .time(event.at), "who": .text(event.actor.name),
            "who_address": .text(actor.map { base + $0.path } ?? ""),
            "what": .text([event.action.words, event.called].compactMap { $0 }.joined(separator: " ")),
            "about": .list(
                about.map {
                    [
                        "about_kind": .text($0.kindLabel), "about_name": .text($0.name),
                        "about_address": .text(base + $0.path),
                    ]
                }),
            "action": .text(event.action.rawValue), "outcome": .text(event.outcome.label),
            "outcome_class": .text(event.outcome.badge), "address": .text(event.origin.address ?? ""),
            "door": .text(event.origin.door.label), "correlation_id": .text(event.origin.correlationID),
            "details": .list(
                event.details.map { ["detail": .text($0), "detail_value": .text($1.stringValue ?? $1.text())] }),
        ]
    }
}

extension Origin.Door {
    /// The way in, for people.
    fileprivate var label: String {
        switch self {
        case .key(let id): "API key \(id)"
        case .browser: "browser"
        case .command: "command of the operator"
        case .workbench: "IDE session"
        case .system: "the server itself"
        }
    }
}
