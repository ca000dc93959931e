import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import OAuthClient
import Storage

/// `v1/audit_logs`, in the form of Connect's cursor pages.
struct AuditRoutes {
    let services: Services

    private static let usualPage = 20
    private static let listParameters = AuditFilter.parameters + ["limit", "next", "previous", "ascOrder"]

    func add(administrators: RouterGroup<AdministratorContext>) {
        administrators.get("audit_logs") { request, context in try await list(request, context) }
        administrators.get("audit_logs/export") { request, context in try await export(request, context) }
        administrators.get("audit_logs/retention") { _, context in
            Self.retention(try await context.tenant.audit.retention(for: context.reader))
        }
        administrators.put("audit_logs/retention") { request, context in
            let body = try await request.jsonObject()
            let members = try Members(body, allowed: ["days"])
            guard body["days"] != nil else {
                throw Refusal.invalid("days", "days must be a number of days, or null: for ever.")
            }
            let days = try members.integer("days").map { Int64($0) }
            try await context.tenant.audit.setRetention(days, by: context.administrator)
            return Self.retention(days)
        }
    }

    private static func retention(_ days: Int64?) -> Response { .json(["days": days.map(JSON.integer) ?? .null]) }

    private func list(_ request: Request, _ context: AdministratorContext) async throws -> Response {
        let query = try request.query()
        try Self.refuseUnknown(query, but: Self.listParameters)
        let filter = try AuditFilter(query)
        let limit = try Self.limit(query["limit"])
        let ascending = try QueryFlag.read("ascOrder", in: query) ?? true
        let page = try await context.tenant.audit.page(
            filter, at: try Self.position(query), ascending: ascending, limit: limit, for: context.reader)
        let next = page.hasNext ? page.lines.last.map { Self.cursor($0.id) } : nil
        let previous = page.hasPrevious ? page.lines.first.map { Self.cursor($0.id) } : nil
        let links = Links(base: services.world.address.base, path: request.uri.path, query: query)
        return Response.json([
            "results": .array(page.lines.map(\.answer)),
            "paging": [
                "cursors": ["previous": previous.map(JSON.string) ?? .null, "next": next.map(JSON.string) ?? .null],
                "first": links.to(nil), "previous": previous.map { links.to(("previous", $0)) } ?? .null,
                "next": next.map { links.to(("next", $0)) } ?? .null,
                "last": links.to(("previous", Self.cursor(ascending ? .max : 0))),
            ],
        ])
    }

    private func export(_ request: Request, _ context: AdministratorContext) async throws -> Response {
        let query = try request.query()
        try Self.refuseUnknown(query, but: AuditFilter.parameters + ["format"])
        let filter = try AuditFilter(query)
        guard let format = AuditFormat(rawValue: query["format"] ?? AuditFormat.jsonl.rawValue) else {
            throw Refusal.invalid("format", "format must be jsonl or csv.")
        }
        let export = try await context.tenant.audit.export(filter, as: format, by: context.reader)
        return .download(export, of: context.tenant)
    }

    private static func refuseUnknown(_ query: [String: String], but known: [String]) throws(Refusal) {
        guard let unknown = query.keys.sorted().first(where: { !known.contains($0) }) else { return }
        throw .invalid(
            String(unknown.prefix(64)),
            "There is no parameter \(unknown.prefix(64)): the parameters are \(known.joined(separator: ", ")).")
    }

    private static func limit(_ text: String?) throws(Refusal) -> Int {
        guard let text else { return usualPage }
        guard let limit = Int(text), (1...Audit.largestPage).contains(limit) else {
            throw .invalid("limit", "limit must be a number from 1 to \(Audit.largestPage).")
        }
        return limit
    }

    private static func position(_ query: [String: String]) throws(Refusal) -> AuditPosition? {
        let (next, previous) = (query["next"], query["previous"])
        guard next == nil || previous == nil else {
            throw .invalid("next", "next and previous exclude each other: give one of them.")
        }
        if let next { return AuditPosition(.after, try id(next, "next")) }
        return try previous.map { text throws(Refusal) in AuditPosition(.before, try id(text, "previous")) }
    }

    /// Opaque for clients, so that what it is made of may change.
    private static func cursor(_ id: Int64) -> String { Hex.encode(Array("a\(id)".utf8)) }

    private static func id(_ cursor: String, _ name: String) throws(Refusal) -> Int64 {
        guard let bytes = Hex.decode(cursor), bytes.first == UInt8(ascii: "a"),
            let id = Int64(String(decoding: bytes.dropFirst(), as: UTF8.self)), id >= 0
        else { throw .invalid(name, "\(name) must be a cursor from an earlier page's paging.cursors.") }
        return id
    }
}

/// The addresses of other pages with the same filters.
private struct Links {
    let base: String
    let path: String
    let query: [String: String]

    func to(_ cursor: (name: String, value: String)?) -> JSON {
        var pairs = query.filter { $0.key != "next" && $0.key != "previous" }.sorted { $0.key < $1.key }
            .map { (name: $0.key, value: $0.value) }
        if let cursor { pairs.append(cursor) }
        guard !pairs.isEmpty else { return .string(base + path) }
        return .string("\(base)\(path)?" + String(decoding: FormEncoding.encode(pairs), as: UTF8.self))
    }
}
