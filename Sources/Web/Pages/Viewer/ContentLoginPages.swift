import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import OAuthClient
import Storage

/// The one page before content that acts for its viewer: what to log in to, and what content can do then.
struct ContentLoginPages {
    func add(to doors: PageDoors) {
        doors.get("content/{guid}/log-in", for: Caller.self) { visit, _ in
            let guid = try visit.guid(what: "content")
            guard let target = ContentLogin.target(try visit.query()["to"], of: guid) else {
                throw Refusal.invalid("to", "to must be a path of this content, such as /content/\(guid)/.")
            }
            let login = ContentLogin(account: visit.tenant.account.slug, content: guid, target: target)
            return try await Self.page(visit, login, failure: nil)
        }
    }

    /// The page; where nothing is missing, the way on to the content.
    ///
    /// - Parameter failure: why the login that was just tried did not work.
    static func page(_ visit: Visit, _ login: ContentLogin, failure: Refusal?) async throws -> Response {
        let entrance = try await visit.tenant.gateway.entrance(to: login.content, for: visit.caller)
        guard !entrance.isOpen else {
            return .seeOther(try visit.services.address(of: login.content, login.target))
        }
        let missing = entrance.connections.count { $0.state != .working }
        let title = entrance.content.title.isEmpty ? entrance.content.name : entrance.content.title
        return visit.page(
            "content-log-in", title: "Log in for \(title)",
            [
                "content_title": .text(title), "content_description": .text(entrance.content.description),
                "owner": .text(entrance.owner.map(\.called) ?? ""),
                // Who has no name is called by the email.
                "owner_email": .text(
                    entrance.owner.flatMap { $0.called == $0.email ? nil : $0.email } ?? ""),
                "failure": .text(failure?.message ?? ""),
                "missing": .text(missing == 1 ? "1 login is missing." : "\(missing) logins are missing."),
                "connections": .list(
                    entrance.connections.map { ConnectionValues.valuesWithPermissions($0, returningTo: login.path) }),
            ],
            status: Visit.status(failure)
        )
    }
}

extension UserRecord {
    /// What other people know somebody by.
    var called: String {
        let name = [firstName, lastName].filter { !$0.isEmpty }.joined(separator: " ")
        return name.isEmpty ? email : name
    }
}
