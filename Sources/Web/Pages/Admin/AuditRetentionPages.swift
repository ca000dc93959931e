import Accounts
import Cryptography
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// How long an account's audit is kept, and whether it is whole.
struct AuditRetentionPages {
    func add(to doors: PageDoors) {
        doors.get("audit/retention", for: Administrator.self) { visit, admin in
            try await retention(visit, admin, typed: nil, error: nil)
        }
        doors.post("audit/retention", for: Administrator.self) { visit, admin, form in
            try await setRetention(visit, admin, form)
        }
        doors.get("audit/chain", for: Administrator.self) { visit, admin in try await chain(visit, admin) }
    }

    private func retention(
        _ visit: Visit, _ admin: Administrator, typed: SentForm?, error: Refusal?
    ) async throws -> Response {
        let days = try await visit.tenant.audit.retention(for: admin).map { String($0) } ?? ""
        let range = Audit.retentionDays
        let field = Field(
            "days", "Days", .number, value: days,
            hint: "From \(range.lowerBound) to \(range.upperBound). Leave it empty to keep lines for ever.")
        var values = Field.form([field], typed: typed, error: error)
        values.merge(AuditPages.tabs(.retention)) { $1 }
        values["days"] = .text(days)
        return visit.page(
            "audit-retention", title: "How long the audit is kept", in: .audit, values, status: Visit.status(error))
    }

    private func setRetention(_ visit: Visit, _ admin: Administrator, _ form: SentForm) async throws -> Response {
        do throws(Refusal) {
            let text = form["days"].trimmed
            let days = Int64(text)
            guard text.isEmpty || days != nil else {
                throw .invalid("days", "Give a number of days, or leave it empty: for ever.")
            }
            try await visit.tenant.audit.setRetention(days, by: admin)
            return visit.seeOther("audit/retention", .retentionChanged)
        } catch {
            guard error.code.status < 500 else { throw error }
            return try await retention(visit, admin, typed: form, error: error)
        }
    }

    private func chain(_ visit: Visit, _ admin: Administrator) async throws -> Response {
        let verdict = try await visit.tenant.audit.verify(expecting: nil, for: admin)
        var values = AuditPages.tabs(.chain)
        values["is_whole"] = .flag(verdict.broken == nil)
        values["reason"] = .text(verdict.broken?.reason ?? "")
        values["line_count"] = .text(String(verdict.lines))
        values["removed"] = .text(verdict.removedUpTo == 0 ? "" : String(verdict.removedUpTo))
        values["copy_text"] = .text("\(verdict.head.id):\(Hex.encode(verdict.head.hash))")
        values["copy_label"] = .text("the head of the audit")
        return visit.page("audit-chain", title: "Check of the audit", in: .audit, values)
    }
}
