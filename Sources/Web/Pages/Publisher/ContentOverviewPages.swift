import Accounts
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// One content at a glance: for viewers what it is and the way in, for those who may change it how it fares.
struct ContentOverviewPages {
    func add(to doors: PageDoors) {
        doors.get("content/{guid}", for: Caller.self) { visit, caller in try await overview(visit, caller) }
    }

    private func overview(_ visit: Visit, _ caller: Caller) async throws -> Response {
        let seen = try await visit.tenant.contents.seen(try visit.guid(what: "content"), by: caller)
        let content = seen.content
        let address = visit.services.world.address.contentAddress(of: content.guid)
        let mayEnter = seen.mayOpen && content.upstreamURL != nil
        var values: [String: PageValue] = [
            "content_title": .text(content.called), "description": .text(content.description),
            "open": .text(mayEnter ? address ?? "" : ""), "is_absent": .flag(content.upstreamURL == nil),
        ]
        guard seen.mayEdit else {
            return visit.page("content-open", title: content.called, in: .content, values)
        }
        let live = try await visit.tenant.associations.live(of: content.guid, for: try Publisher(caller))
        values.merge([
            "guid": .text(content.guid.description), "address": .text(address ?? ""), "name": .text(content.name),
            "upstream": .text(content.upstreamURL ?? ""), "owner": .text(seen.owner?.displayName ?? ""),
            "access": .text(content.accessType.words), "may_not_open": .flag(!seen.mayOpen),
            "deployed": .time(content.deployment?.at), "app_mode": .text(content.appMode ?? ""),
            "bundle": .text(content.deployment.map { String($0.bundleID) } ?? ""),
            "sources": .list(live.map(source)),
        ]) { $1 }
        return visit.page("content-overview", of: content, .overview, values)
    }

    private func source(_ live: Associations.Live) -> [String: PageValue] {
        let integration = live.entry.association.integration
        let waiting = (live.logins?.waiting ?? []).map { viewer -> [String: PageValue] in
            [
                "person": .text(viewer.user.displayName), "email": .text(viewer.user.email),
                "reason": .text(SessionReason.sentence(viewer.reason)), "since": .time(viewer.since),
            ]
        }
        let unnamed = (live.logins?.mustLogIn ?? 0) - waiting.count
        return [
            "name": .text(integration.name),
            "provider": .text(Template.named(integration.template)?.name ?? integration.template),
            "state": .text(live.logins.map(Self.sentence) ?? ""),
            "demand": .text(live.logins == nil ? integration.demand : ""),
            "is_waiting": .flag(!waiting.isEmpty), "waiting": .list(waiting),
            "unnamed": .text(unnamed > 0 ? "and \(unnamed) more" : ""),
            "is_revoked": .flag(!live.entry.isPermitted),
        ]
    }

    /// Such as "12 viewers are logged in, 1 must log in again".
    private static func sentence(_ logins: LoginCounts) -> String {
        let present = logins.loggedIn.of("viewer is", "viewers are") + " logged in"
        return logins.mustLogIn == 0 ? present + "." : present + ", \(logins.mustLogIn) must log in again."
    }
}
