import Accounts
import Integrations
import JSON
import Storage

/// What an operator can have done with an account's audit.
extension Operator {
    /// So many lines an answer has at most: it must fit into one line of the control socket.
    static let auditLines = 200

    /// A page of lines. The first page of an export notes the export.
    func listAudit(_ parameters: JSONObject) async throws -> JSON {
        let tenant = try await tenant(parameters)
        var fields: [String: String] = [:]
        for name in AuditFilter.parameters { fields[name] = parameters[name]?.stringValue }
        let filter = try AuditFilter(fields)
        let limit = parameters["limit"]?.integerValue.flatMap { Int(exactly: $0) } ?? Self.auditLines
        guard limit > 0 else { throw Refusal.invalid("limit", "limit must be a number of lines, 1 or more.") }
        let ascending = parameters["ascending"]?.boolValue ?? false
        let admin = proof(tenant)
        if let format = parameters["export"]?.stringValue.flatMap(AuditFormat.init) {
            _ = try await tenant.audit.export(filter, as: format, by: admin)
        }
        let page = try await tenant.audit.page(
            filter, at: parameters["after"]?.integerValue.map { AuditPosition(.after, $0) }, ascending: ascending,
            limit: min(limit, Self.auditLines), for: admin)
        return [
            "lines": .array(page.lines.map(\.answer)),
            "csv": .string(page.lines.map(AuditCSV.line).joined()),
            "next": page.hasNext ? page.lines.last.map { .integer($0.id) } ?? .null : .null,
        ]
    }

    func verifyAudit(_ parameters: JSONObject) async throws -> JSON {
        let tenant = try await tenant(parameters)
        var head: AuditHead?
        if let text = parameters["expect"]?.stringValue {
            guard let noted = AuditHead(text) else {
                throw Refusal.invalid("expect", "--expect must be ID:HASH, as an earlier verify printed it.")
            }
            head = noted
        }
        return try await tenant.audit.verify(expecting: head, for: proof(tenant)).answer
    }
}
