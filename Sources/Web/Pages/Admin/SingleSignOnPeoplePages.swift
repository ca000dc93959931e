import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// Who is connected with the identity provider.
struct SingleSignOnPeoplePages {
    private static let path = "single-sign-on/people"

    func add(to doors: PageDoors) {
        doors.get(Self.path, for: Administrator.self) { visit, admin in try await page(visit, admin) }
        doors.post("\(Self.path)/{guid}/disconnect", for: Administrator.self) { visit, admin, _ in
            try await visit.tenant.singleSignOn.disconnect(try visit.guid(what: "user"), by: admin)
            return visit.seeOther(Self.path, .disconnected)
        }
    }

    private func page(_ visit: Visit, _ admin: Administrator) async throws -> Response {
        let pager = try Pager(try visit.query())
        let page = try await visit.tenant.singleSignOn.connected(pager.request, for: admin)
        var values = pager.values(total: page.total, at: visit.path(Self.path))
        values["people"] = .list(
            page.elements.map { entry in
                [
                    "user_email": .text(entry.user.email), "role": .text(entry.user.role.rawValue),
                    "is_locked": .flag(entry.user.isLocked), "since": .time(entry.since),
                    "disconnect": .text(visit.path("\(Self.path)/\(entry.user.guid)/disconnect")),
                ]
            })
        return visit.page(
            "single-sign-on-people", title: "Who is connected", in: .singleSignOn, values)
    }
}
